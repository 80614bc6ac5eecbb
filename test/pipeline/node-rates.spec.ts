import fc from 'fast-check';
import type { Poll } from '@haproxystats/haproxy';
import { rawRecords, readFramePart, type LogEntry, type LogRecord } from '@haproxystats/messaging';
import { finishTable, ProcessMerger } from '@haproxystats/metrics';
import { silentLogger } from '@haproxystats/runtime';
import type { Coordinator } from '../../apps/processor/src/coordinator/coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import { FakeClock } from '../support/fake-clock';
import { FakeSession, FakeWriter } from '../support/fake-session';

const start = 1_700_000_000_000;
const interval = 10_000;

/** What happens in a slot: what each of two processes handles, and what becomes of its answer. */
interface Step {
  readonly handled: readonly [number, number];
  readonly answer: readonly [Fate, Fate];
  /** Of the first process. */
  readonly reload: boolean;
  readonly clear: boolean;
}

type Fate = 'in time' | 'late' | 'very late' | 'unanswered' | 'lost';

const fate = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Fate>('in time') },
  { weight: 1, arbitrary: fc.constantFrom<Fate>('late', 'unanswered', 'lost') },
);
const sometimes = fc.oneof(
  { weight: 9, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);
const steps = fc.array(
  fc.record({
    handled: fc.tuple(fc.nat(100), fc.nat(100)),
    answer: fc.tuple(fate, fate),
    reload: sometimes,
    clear: sometimes,
  }),
  { minLength: 4, maxLength: 14 },
);

interface Arrival {
  readonly at: number;
  readonly record: LogRecord;
}

/** The log of a node that lives through these steps, and what it has handled in all. */
class Lived {
  readonly handled: number;
  readonly log: readonly LogEntry[];

  constructor(steps: readonly Step[]) {
    const arrivals: Arrival[] = [];
    const processes = [1, 2].map((n) => ({ process: `p${n}`, pid: n, since: start - 1e6, stot: 1_000 }));
    let handled = 0;
    steps.forEach(({ answer, reload, clear, handled: more }, i) => {
      const slot = start + i * interval;
      if (reload) Object.assign(processes[0]!, { pid: 10 + i, since: slot - 3_000, stot: 0 });
      for (const [n, process] of processes.entries()) {
        if (clear) process.stot = 0;
        process.stot += more[n]!;
        handled += more[n]!;
      }
      arrivals.push(...arrivalsOf(slot, processes, answer));
    });
    this.handled = handled;
    this.log = arrivals
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, record }, offset) => {
        const place = { topic: 'raw', partition: 0, offset, next: offset + 1 };
        return { ...record, ...place, appendedAt: at, priming: false };
      });
  }
}

interface Living {
  readonly process: string;
  readonly pid: number;
  readonly since: number;
  readonly stot: number;
}

function arrivalsOf(slot: number, processes: readonly Living[], fates: Step['answer']): Arrival[] {
  const isUnanswered = (_: Living, i: number): boolean => fates[i] === 'unanswered';
  const poll: Poll = {
    cluster: 'eu',
    node: 'lb1',
    source: 'puller-1',
    slot,
    intervalMs: interval,
    startedAt: slot,
    replies: processes
      .filter((each, i) => !isUnanswered(each, i))
      .map(({ process, pid, since, stot }) => ({
        process,
        info: Buffer.from(`Pid: ${pid}\nUptime_sec: ${Math.floor((slot - since) / 1_000)}\n`),
        stat: Buffer.from(`# pxname,svname,stot,type,\nweb,FRONTEND,${stot},0,\n`),
      })),
    failures: processes
      .filter(isUnanswered)
      .map(({ process }) => ({ process, reason: 'timeout' as const, detail: '' })),
  };
  return rawRecords(poll).flatMap((record) => {
    const become = fates[processes.findIndex(({ process }) => process === record.headers['hs-proc'])];
    if (become === 'lost') return [];
    return [{ at: slot + delayOf[become ?? 'in time'], record }];
  });
}

const delayOf: Record<Fate, number> = {
  'in time': 100,
  late: 1.7 * interval,
  'very late': 5.7 * interval,
  unanswered: 100,
  lost: 0,
};

/** One processor after the other on a log: each begins where the one before has committed. */
class Processors {
  readonly writer = new FakeWriter();
  #position = { watermark: 0, base: 0 };

  constructor(
    private readonly log: readonly LogEntry[],
    private readonly ledger: () => Coordinator,
  ) {}

  /** Reads up to an offset, and dies; what it had not committed the next one reads again. */
  async run(to: number): Promise<void> {
    const role = new NodeRole({
      merging: { merger: new ProcessMerger({ semantics: 'exact', now: () => 0, rates: ['stot'] }) },
      coordinator: this.ledger(),
      frames: this.writer,
      framesTopic: 'frames',
      logger: silentLogger,
    });
    const session = new FakeSession(start);
    const { watermark, base } = this.#position;
    for (const entry of this.log.slice(base, to)) {
      session.time = entry.appendedAt;
      await role.record({ ...entry, priming: entry.offset < watermark }, session);
      if (entry.offset >= watermark) await role.tick(session);
    }
    if (to > this.log.length) {
      session.time += 10 * interval;
      await role.tick(session);
    }
    session.end();
    this.#position = session.commits.at(-1) ?? this.#position;
  }

  /** By slot, of the frame that covers most: its coverage, and its rate. */
  told(): Map<number, string> {
    const told = new Map<number, { covered: number; text: string }>();
    for (const { covered, slot, rate } of this.writer.records.map(readRate)) {
      const text = `${covered}: ${rate?.toFixed(6)}`;
      if (covered >= (told.get(slot)?.covered ?? 0)) told.set(slot, { covered, text });
    }
    return new Map([...told].map(([slot, { text }]) => [slot, text]));
  }
}

function readRate(record: LogRecord) {
  const { head, tables } = readFramePart(record).frame;
  const table = tables.find(({ kind }) => kind === 'frontend');
  const rate = table && finishTable(table, head.intervalMs).metrics.find(({ name }) => name === 'stot_rate');
  return { covered: head.coverage.covered, slot: head.slot, rate: rate?.values[0] };
}

function newLedger(): Coordinator {
  return new MemoryCoordinator(new FakeClock());
}

const usual: Step = { handled: [0, 0], answer: ['in time', 'in time'], reload: false, clear: false };
/** A slot that is complete only when the next has begun, and reads from before it when it is sent anew. */
const lateInTurn: Step[] = [
  usual,
  { ...usual, handled: [1, 0], answer: ['in time', 'late'] },
  { ...usual, answer: ['late', 'in time'] },
  usual,
];

describe('the rates of a node', () => {
  it('are the same whoever reads the log, and wherever a processor dies, with or without its ledger', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.array(fc.nat(30), { maxLength: 5 }),
        fc.boolean(),
        async (lives, deaths, isKept) => {
          const { log } = new Lived(lives);
          const whole = new Processors(log, newLedger);
          await whole.run(Infinity);
          const ledger = newLedger();
          const broken = new Processors(log, isKept ? () => ledger : newLedger);
          for (const death of deaths.toSorted((a, b) => a - b)) await broken.run(Math.min(death, log.length));
          await broken.run(Infinity);
          expect(broken.told()).toEqual(whole.told());
        },
      ),
      { numRuns: 200, examples: [[lateInTurn, [5], false]] },
    );
  });

  it('are never more than what was handled', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (lives) => {
        const { log, handled } = new Lived(lives);
        const processors = new Processors(log, newLedger);
        await processors.run(Infinity);
        const rates = [...processors.told().values()].map((text) => Number(text.split(' ')[1]) || 0);
        const told = rates.reduce((sum, rate) => sum + rate * (interval / 1_000), 0);
        expect(Math.min(0, ...rates)).toBe(0);
        expect(told).toBeLessThanOrEqual(handled + 1e-3);
      }),
      { numRuns: 200 },
    );
  });

  it('are kept for the processes that were in time when another comes as late as may be', async () => {
    const lives: Step[] = [usual, { ...usual, handled: [10, 20], answer: ['in time', 'very late'] }];
    for (let i = 0; i < 6; i++) lives.push(usual);
    const processors = new Processors(new Lived(lives).log, newLedger);
    await processors.run(Infinity);
    const slot = start + interval;
    const frames = processors.writer.records.map(readRate).filter((frame) => frame.slot === slot);
    // What the late one counted is part of the slot that came before it did.
    expect(frames).toEqual([
      { covered: 1, slot, rate: 1 },
      { covered: 2, slot, rate: 1 },
    ]);
  });
});
