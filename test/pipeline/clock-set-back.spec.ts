import fc from 'fast-check';
import { rawRecords, readFramePart } from '@haproxystats/messaging';
import { finishTable, ProcessMerger } from '@haproxystats/metrics';
import { silentLogger } from '@haproxystats/runtime';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import { FakeClock } from '../support/fake-clock';
import { FakeSession, FakeWriter } from '../support/fake-session';

const start = 1_700_000_000_000;
const interval = 10_000;
const perPoll = 50;

/** A node with one process, polled each interval of the true time, by a clock that may be wrong. */
class Node {
  readonly frames = new FakeWriter();
  readonly #session = new FakeSession(start);
  readonly #role: NodeRole;
  #intervals = 0;
  #pid = 7;
  #uptime = 1_000;
  stot = 1_000;

  constructor() {
    this.#role = new NodeRole({
      merging: { merger: new ProcessMerger({ semantics: 'exact', now: () => 0, rates: ['stot'] }) },
      coordinator: new MemoryCoordinator(new FakeClock()),
      frames: this.frames,
      framesTopic: 'frames',
      logger: silentLogger,
    });
  }

  restart(): void {
    [this.#pid, this.#uptime, this.stot] = [this.#pid + 1, -4, 0];
  }

  /** `aheadBy`: intervals that the clock is ahead. `isLost`: the poll of this interval is. */
  async interval(aheadBy: number, isLost = false): Promise<void> {
    const trueTime = start + this.#intervals++ * interval;
    const slot = trueTime + aheadBy * interval;
    this.#uptime += interval / 1_000;
    this.stot += perPoll;
    this.#session.time = trueTime;
    if (isLost) return;
    const info = Buffer.from(`Pid: ${this.#pid}\nUptime_sec: ${this.#uptime}\n`);
    const stat = Buffer.from(`# pxname,svname,stot,type,\nweb,FRONTEND,${this.stot},0,\n`);
    const poll = { cluster: 'eu', node: 'lb1', source: 'one', slot, intervalMs: interval, startedAt: slot };
    const records = rawRecords({ ...poll, replies: [{ process: 'p1', info, stat }], failures: [] });
    for (const record of records) await this.#role.record(this.#session.entry(record), this.#session);
    await this.#role.tick(this.#session);
  }

  /** The rate of each frame, in the order in which they were sent. */
  rates(): { slot: number; rate: number | undefined }[] {
    return this.frames.records.map((record) => {
      const { head, tables } = readFramePart(record).frame;
      const table = tables.find(({ kind }) => kind === 'frontend')!;
      const rate = finishTable(table, interval).metrics.find(({ name }) => name === 'stot_rate')?.values[0];
      return { slot: (head.slot - start) / interval, rate: Number.isNaN(rate) ? undefined : rate };
    });
  }
}

const perSecond = (perPoll * 1_000) / interval;

describe('rates of a node whose clock', () => {
  it('was an hour ahead and is set right are missing once, and are never told of slots of that hour', async () => {
    const node = new Node();
    for (let i = 0; i < 4; i++) await node.interval(360);
    for (let i = 4; i < 372; i++) await node.interval(0, i === 363);
    const rates = node.rates();
    expect(rates.filter(({ rate }) => rate === undefined).map(({ slot }) => slot)).toEqual([360, 4]);
    expect(new Set(rates.map(({ rate }) => rate))).toEqual(new Set([undefined, perSecond]));
    // Those of the hour ahead, and all after it but the one that is lost and three that were told before.
    expect(rates).toHaveLength(4 + 368 - 1 - 3);
  });

  it('is set right while HAProxy is restarted are missing no longer', async () => {
    const node = new Node();
    for (let i = 0; i < 4; i++) await node.interval(360);
    node.restart();
    for (let i = 4; i < 10; i++) await node.interval(0);
    const after = node.rates().slice(4);
    expect(after.map(({ rate }) => rate)).toEqual([undefined, ...Array.from({ length: 5 }, () => perSecond)]);
  });

  it('stays an hour ahead, or behind, are as those of others', async () => {
    for (const aheadBy of [360, -360]) {
      const node = new Node();
      for (let i = 0; i < 6; i++) await node.interval(aheadBy);
      const rates = node.rates().map(({ rate }) => rate);
      expect(rates).toEqual([undefined, ...Array.from({ length: 5 }, () => perSecond)]);
    }
  });

  it('jumps about come never to more than was counted', () => {
    const step = fc.record({
      jump: fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -12, max: 12 }) },
        { weight: 1, arbitrary: fc.constantFrom(-400, 400) },
      ),
      isLost: fc.constantFrom(false, false, false, true),
    });
    return fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const node = new Node();
        const counted = node.stot;
        let aheadBy = 0;
        for (const { jump, isLost } of steps) await node.interval((aheadBy += jump), isLost);
        let told = 0;
        let before = -Infinity;
        for (const { slot, rate = 0 } of node.rates()) {
          const gap = slot - before > 0 && slot - before <= 3 ? slot - before : 1;
          told += (rate * interval * gap) / 1_000;
          before = slot;
        }
        expect(told).toBeLessThanOrEqual(node.stot - counted);
      }),
    );
  });
});
