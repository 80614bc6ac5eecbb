import type { Poll } from '@haproxystats/haproxy';
import {
  compress,
  DeadLetters,
  originalRecord,
  rawRecords,
  readDeadLetter,
  readFramePart,
  type LogEntry,
  type LogRecord,
} from '@haproxystats/messaging';
import { ProcessMerger } from '@haproxystats/metrics';
import { silentLogger, type Logger } from '@haproxystats/runtime';
import { FrameFeed } from '@haproxystats/sinks';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { FleetHealth } from '../../apps/processor/src/node/fleet-health';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import { FakeClock } from '../support/fake-clock';
import { FakeSession, FakeWriter } from '../support/fake-session';

const slot = 1_700_000_000_000;
const interval = 10_000;
const html = Buffer.from('<html><body>503 Service Unavailable</body></html>\n');

function reply(process: string, rows = 1) {
  const lines = Array.from({ length: rows }, (_, i) => `web${i},FRONTEND,1,0,\n`);
  const stat = Buffer.from(`# pxname,svname,stot,type,\n${lines.join('')}`);
  return { process, info: Buffer.from('Tasks: 1\n'), stat };
}

function recordsOf(node: string, change: Partial<Poll> = {}): LogRecord[] {
  return rawRecords({
    cluster: 'eu',
    node,
    source: 'puller-1',
    slot,
    intervalMs: interval,
    startedAt: slot,
    replies: [reply('p1'), reply('p2')],
    failures: [],
    ...change,
  });
}

/** The records of two processes of a node, the second one with other headers or bytes. */
function poisoned(node: string, change: (record: LogRecord) => Partial<LogRecord>): LogRecord[] {
  const [first, second] = recordsOf(node);
  return [first!, { ...second!, ...change(second!) }];
}

class Bench {
  readonly clock = new FakeClock();
  readonly session = new FakeSession(slot);
  readonly frames = new FakeWriter();
  readonly dlq = new FakeWriter();
  readonly entries: LogEntry[] = [];
  readonly errors: string[] = [];
  readonly role: NodeRole;
  late = 0;
  duplicates = 0;

  constructor() {
    const logger = {
      ...silentLogger,
      error: (_: object, text: string) => void this.errors.push(text),
    } as unknown as Logger;
    const { clock } = this;
    this.role = new NodeRole({
      merging: { merger: new ProcessMerger({ semantics: 'exact', now: () => 0 }) },
      coordinator: new MemoryCoordinator(clock),
      frames: this.frames,
      framesTopic: 'frames',
      deadLetters: new DeadLetters({ log: this.dlq, topic: 'dlq', reader: 'hs-node', clock, logger }),
      health: new FleetHealth(clock),
      logger,
      events: {
        emitted: () => undefined,
        duplicate: () => this.duplicates++,
        late: () => this.late++,
        unreadableRecord: () => undefined,
        unreadableProcess: () => undefined,
      },
    });
  }

  async take(records: readonly LogRecord[]): Promise<void> {
    for (const record of records) {
      const entry = this.session.entry(record);
      this.entries.push(entry);
      await this.role.record(entry, this.session);
    }
  }

  async pass(ms: number): Promise<void> {
    this.session.time += ms;
    await this.clock.advance(ms);
    await this.role.tick(this.session);
  }

  get lag(): number {
    return this.entries.length - (this.session.committed ?? 0);
  }

  get letters() {
    return this.dlq.records.map((record) => readDeadLetter(record));
  }

  get coverage(): Record<string, string> {
    const heads = this.frames.records.map((record) => readFramePart(record).frame.head);
    return Object.fromEntries(
      heads.map(({ node, coverage: { covered, expected } }) => [node, `${covered}/${expected}`]),
    );
  }
}

/** Where the poison lies among the two records of its node, and what is said of it. */
const poisons: Readonly<
  Record<
    string,
    { reason: string; error: RegExp; change: (record: LogRecord) => Partial<LogRecord>; process?: string }
  >
> = {
  'a garbage header': {
    reason: 'headers',
    error: /^header 'hs-part' is no part of at most 1024: "zero"$/,
    change: ({ headers }) => ({ headers: { ...headers, 'hs-part': 'zero' } }),
  },
  'a header of 50 MB': {
    reason: 'headers',
    error: /^the headers have 524\d+ characters, \d+ are allowed/,
    change: ({ headers }) => ({ headers: { ...headers, 'hs-man': 'm'.repeat(50 * 1024 * 1024) } }),
  },
  'a version that is not known': {
    reason: 'headers',
    error: /^version 2 of the record/,
    change: ({ headers }) => ({ headers: { ...headers, 'hs-v': '2' } }),
  },
  'a zstd bomb': {
    reason: 'chunk',
    error: /^process 'p2', part 0: the value cannot be decompressed: /,
    change: () => ({ value: compress(Buffer.alloc(64 * 1024 * 1024)) }),
  },
  'a chunk that ends early': {
    reason: 'chunk',
    error: /^process 'p2', part 0: the value cannot be decompressed: /,
    change: ({ value }) => ({ value: value.subarray(0, value.length - 9) }),
  },
  'a page of HTML': {
    reason: 'text',
    error: /^show info: .*; show stat: /,
    change: () => ({ value: compress(Buffer.concat([html, Buffer.from('\n'), html])) }),
  },
  'the end of its text lost': {
    reason: 'text',
    error: /^show stat: /,
    change: () => ({ value: compress(Buffer.from('Tasks: 1\n\n# pxname,svname,stot,type,\nweb,FRONT')) }),
  },
};

describe.each(Object.entries(poisons))('%s', (_, { reason, error, change }) => {
  it('becomes one dead letter with its place and bytes, and costs only its process', async () => {
    const bench = new Bench();
    await bench.take(recordsOf('before'));
    await bench.take(poisoned('sick', change));
    await bench.take(recordsOf('after'));
    await bench.pass(1.5 * interval);
    expect(bench.coverage).toMatchObject({ before: '2/2', sick: '1/2', after: '2/2' });
    expect(bench.lag).toBe(0);

    const poison = bench.entries[3]!;
    expect(bench.letters).toEqual([
      expect.objectContaining({
        topic: 'raw',
        partition: 0,
        offset: 3,
        appendedAt: slot,
        reader: 'hs-node',
        node: 'eu/sick',
        slot,
        process: 'p2',
        reason,
        error: expect.stringMatching(error) as string,
        bytes: poison.value.length,
      }),
    ]);
    const [letter] = bench.dlq.records;
    expect(letter!.key).toBe('eu/sick');
    expect(letter!.value.equals(poison.value)).toBe(true);
    expect(bench.errors.length).toBeGreaterThan(0);

    await bench.pass(120_000);
    expect(bench.letters).toHaveLength(1);
  });
});

describe('dead letters', () => {
  it('are as many as there are records that cannot be read: foreign bytes with no header at all, too', async () => {
    const bench = new Bench();
    const foreign = Array.from({ length: 7 }, (_, i) => ({
      key: '',
      headers: {},
      value: Buffer.alloc(i, i),
    }));
    for (const [i, record] of foreign.entries()) await bench.take([...recordsOf(`n${i}`), record]);
    await bench.pass(200);
    expect(bench.letters.map(({ offset, node, bytes }) => [offset, node, bytes])).toEqual(
      foreign.map((_, i) => [3 * i + 2, undefined, i]),
    );
    expect([Object.keys(bench.coverage).length, bench.lag]).toEqual([7, 0]);
  });

  it('hold every chunk of a text that cannot be used, and of damaged ones only those', async () => {
    const bench = new Bench();
    const large = recordsOf('large', { replies: [reply('p1', 90_000)] });
    expect(large.length).toBe(3);
    await bench.take([large[0]!, { ...large[1]!, value: Buffer.from('no zstd') }, large[2]!]);
    expect(bench.letters.map(({ offset, reason }) => [offset, reason])).toEqual([[1, 'chunk']]);

    const noStat = { value: compress(html) };
    const other = recordsOf('other', { replies: [reply('p1', 90_000)] });
    await bench.take([other[0]!, { ...other[1]!, ...noStat }, other[2]!]);
    expect(bench.letters.slice(1).map(({ offset, reason }) => [offset, reason])).toEqual([
      [3, 'text'],
      [4, 'text'],
      [5, 'text'],
    ]);
  });

  it('are there before the position passes the record', async () => {
    const bench = new Bench();
    bench.dlq.refuse = true;
    const poison = poisoned('sick', () => ({ value: Buffer.from('no zstd') }));
    const taking = bench.take(poison);
    await bench.clock.advance(5_000);
    await bench.role.tick(bench.session);
    expect(bench.session.committed).toBe(0);
    expect(bench.frames.records).toHaveLength(1);
    bench.session.end();
    await expect(taking).rejects.toThrow();
    expect(bench.letters).toEqual([]);
  });

  it('do not stop the flow where the queue does not take them', async () => {
    const bench = new Bench();
    bench.dlq.refuse = true;
    const taking = bench.take([...poisoned('sick', () => ({ headers: {} })), ...recordsOf('well')]);
    await bench.clock.advance(10_000);
    await taking;
    await bench.take(poisoned('sicker', () => ({ headers: {} })));
    await bench.pass(2 * interval);
    expect(bench.coverage).toMatchObject({ sick: '1/2', well: '2/2', sicker: '1/2' });
    expect([bench.letters, bench.lag]).toEqual([[], 0]);
    expect(bench.errors).toContainEqual(expect.stringContaining('is not kept in dlq'));
  });

  it('are written once for a snapshot that is emitted again when more of it comes', async () => {
    const bench = new Bench();
    const replies = [reply('p1'), reply('p2'), reply('p3')];
    const [first, second, third] = recordsOf('sick', { replies });
    await bench.take([first!, { ...second!, value: Buffer.from('no zstd') }]);
    await bench.pass(2 * interval);
    expect(bench.coverage).toEqual({ sick: '1/3' });
    await bench.take([third!]);
    expect(bench.coverage).toEqual({ sick: '2/3' });
    expect(bench.letters).toHaveLength(1);
  });

  it('of one node are bounded, in the queue and in the log', async () => {
    const bench = new Bench();
    for (let i = 0; i < 100; i++) {
      const [poll] = recordsOf('sick', { slot: slot + i * interval });
      await bench.take([{ ...poll!, headers: { ...poll!.headers, 'hs-part': 'zero' } }]);
    }
    expect([bench.letters.length, bench.errors.length]).toEqual([10, 10]);
  });
});

describe('a frame that a sink cannot read', () => {
  it('becomes a dead letter before the position passes it, and costs only itself', async () => {
    const { frames, clock, session, dlq, ...bench } = new Bench();
    for (const node of ['a', 'b', 'c']) await bench.role.record(session.entry(recordsOf(node)[0]!), session);
    await bench.role.tick(Object.assign(session, { time: slot + 2 * interval }));
    const [a, b, c] = frames.records;
    const delivered: string[] = [];
    const feed = new FrameFeed({
      sink: {
        name: 'fake',
        deliver: (parts) => {
          delivered.push(...parts.map(({ frame }) => frame.head.node));
          return Promise.resolve({ metrics: parts.map(() => 1), unfit: new Map() });
        },
        close: () => Promise.resolve(),
      },
      deadLetters: new DeadLetters({
        log: dlq,
        topic: 'dlq',
        reader: 'hs-fake',
        clock,
        logger: silentLogger,
      }),
      clock,
      logger: silentLogger,
    });
    const input = new FakeSession(slot);
    const broken = { ...b!, value: b!.value.subarray(0, 20) };
    for (const record of [a!, broken, c!]) await feed.record(input.entry(record), input);
    await feed.tick(input);
    await clock.advance(0);
    expect(delivered).toEqual(['a', 'c']);
    expect(dlq.records.map((record) => readDeadLetter(record))).toEqual([
      expect.objectContaining({ offset: 1, node: 'eu/b', slot, reader: 'hs-fake', reason: 'frame' }),
    ]);
    expect(input.committed).toBe(3);

    dlq.refuse = true;
    const waiting = feed.record(input.entry(broken), input);
    await feed.tick(input);
    expect(input.committed).toBe(3);
    await clock.advance(10_000);
    await waiting;
    await feed.tick(input);
    await clock.advance(0);
    expect(input.committed).toBe(4);
  });
});

describe('records that are put back', () => {
  const mend = (record: LogRecord): LogRecord => originalRecord(record);

  it('count, although the ledger knows their slot as done', async () => {
    const sick = new Bench();
    const [only] = recordsOf('lb1', { replies: [reply('p1')] });
    await sick.take([{ ...only!, value: Buffer.from('no zstd') }]);
    expect(sick.coverage).toEqual({ lb1: '0/1' });

    const again = mend(sick.dlq.records[0]!);
    const mended = { ...again, value: only!.value };
    const next = new FakeSession(slot + interval);
    await sick.role.record({ ...next.entry(mended), offset: 1, next: 2 }, next);
    expect(sick.coverage).toEqual({ lb1: '1/1' });
    expect(sick.duplicates).toBe(0);
  });

  it('count, although the processor still knows their slot', async () => {
    const bench = new Bench();
    const [only] = recordsOf('lb1', { replies: [reply('p1')] });
    await bench.take([{ ...only!, value: Buffer.from('no zstd') }]);
    const again = mend(bench.dlq.records[0]!);
    await bench.take([{ ...again, value: only!.value }]);
    expect([bench.coverage, bench.late]).toEqual([{ lb1: '1/1' }, 0]);
  });

  it('do not take the place of more that was sent of their slot: alone they come too late', async () => {
    const bench = new Bench();
    const [, second] = recordsOf('lb1');
    await bench.take([{ ...second!, headers: { ...second!.headers, 'hs-replays': '1' } }]);
    await bench.pass(2 * interval);
    expect([bench.frames.records, bench.late, bench.lag]).toEqual([[], 1, 0]);
  });

  it('are kept again where they fail again, and say so', async () => {
    const bench = new Bench();
    await bench.take(poisoned('sick', () => ({ headers: {} })));
    await bench.take([mend(bench.dlq.records[0]!)]);
    expect(bench.letters.map(({ offset, replays }) => [offset, replays])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });
});

describe('a processor that cannot read most nodes', () => {
  const infoLost = compress(Buffer.from('<html>\n\n# pxname,svname,stot,type,\nweb,FRONTEND,1,0,\n'));
  const sicknesses: Readonly<Record<string, (record: LogRecord) => Partial<LogRecord>>> = {
    version: ({ headers }) => ({ headers: { ...headers, 'hs-v': '2' } }),
    html: poisons['a page of HTML']!.change,
    end: poisons['the end of its text lost']!.change,
    info: () => ({ value: infoLost }),
  };

  interface Fleet {
    readonly sick: number;
    readonly well: number;
    readonly of: keyof typeof sicknesses;
  }

  async function poll(bench: Bench, { sick, well, of }: Fleet, at: number): Promise<void> {
    for (let i = 0; i < sick + well; i++) {
      const [record] = recordsOf(`lb${i}`, { slot: slot + at * interval, replies: [reply('p1')] });
      await bench.take([i < sick ? { ...record!, ...sicknesses[of]!(record!) } : record!]);
    }
  }

  it.each([
    ['version', /version 2 of the record/],
    ['html', /no column 'pxname'/],
  ] as const)('commits nothing meanwhile, and stops after a minute (%s)', async (of, reason) => {
    const bench = new Bench();
    const fleet = { sick: 8, well: 4, of };
    for (let i = 0; i < 6; i++) {
      await poll(bench, fleet, i);
      await bench.pass(interval - 1);
    }
    expect(bench.session.committed ?? 0).toBe(0);
    expect(bench.coverage).toMatchObject({ lb8: '1/1', lb11: '1/1' });
    await poll(bench, fleet, 6);
    const stopped = bench.pass(interval);
    await expect(stopped).rejects.toThrow(
      /^nothing can be read of 8 of the 12 nodes heard of lately \(eu\/lb7: /,
    );
    await expect(stopped).rejects.toThrow(reason);
    expect(bench.session.committed ?? 0).toBe(0);
  });

  it.each<Fleet>([
    { sick: 6, well: 6, of: 'version' },
    { sick: 9, well: 0, of: 'html' },
    { sick: 12, well: 0, of: 'end' },
    { sick: 12, well: 0, of: 'info' },
  ])('goes on with $sick sick nodes ($of) and $well well ones', async (fleet) => {
    const bench = new Bench();
    for (let i = 0; i < 12; i++) {
      await poll(bench, fleet, i);
      await bench.pass(interval);
      expect(bench.lag).toBe(0);
    }
    expect(bench.letters.length).toBeGreaterThan(fleet.sick);
  });
});
