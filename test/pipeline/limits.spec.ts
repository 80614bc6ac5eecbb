import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { rawRecords, readFramePart, compress, type LogRecord } from '@haproxystats/messaging';
import { ProcessMerger, rowsOf } from '@haproxystats/metrics';
import { createLogger, silentLogger, systemClock, type Logger } from '@haproxystats/runtime';
import { GraphiteLines } from '@haproxystats/sinks';
import { processorConfigOf } from '@haproxystats/processor';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import { nodeDirectoryName } from '../../libs/sinks/src/local-store/node-directory-name';
import { FakeClock } from '../support/fake-clock';
import { FakeSession, FakeWriter } from '../support/fake-session';
import { loadConfig } from '../support/load-config';
import { RecordedLog } from '../support/recorded-log';

const slot = 1_700_000_000_000;
const info = Buffer.from('Tasks: 1\n');
const stat = Buffer.from('# pxname,svname,stot,type,\nweb,FRONTEND,1,0,\n');

interface Sender {
  readonly node?: string;
  readonly slot?: number;
  readonly startedAt?: number;
  readonly replies?: { process: string; info: Buffer; stat: Buffer }[];
}

function recordsOf(sender: Sender = {}): LogRecord[] {
  return rawRecords({
    cluster: 'eu',
    node: 'honest',
    source: 'puller-1',
    slot,
    intervalMs: 10_000,
    startedAt: slot,
    replies: [{ process: 'p1', info, stat }],
    failures: [],
    ...sender,
  });
}

/** A node role that takes what anybody writes into its topic. */
class Bench {
  readonly session = new FakeSession(slot);
  readonly frames = new FakeWriter();
  readonly #log = new RecordedLog();
  readonly role: NodeRole;

  constructor(logger?: Logger) {
    this.role = new NodeRole({
      merging: { merger: new ProcessMerger({ semantics: 'exact', now: () => 0 }) },
      coordinator: new MemoryCoordinator(new FakeClock()),
      frames: this.frames,
      framesTopic: 'frames',
      logger: logger ?? this.#log.logger,
    });
  }

  async take(...records: LogRecord[]): Promise<this> {
    for (const record of records) await this.role.record(this.session.entry(record), this.session);
    return this;
  }

  async graceOver(): Promise<void> {
    this.session.time += 60_000;
    await this.role.tick(this.session);
  }

  /** What was said of records and processes that cannot be used. */
  get named(): string[] {
    return this.#log.lines('error').map(({ msg, err }) => `${msg}: ${(err as Error).message}`);
  }

  /** `node covered/expected` of each frame. */
  get emitted(): string[] {
    return this.frames.records.map((record) => {
      const { node, coverage } = readFramePart(record).frame.head;
      return `${node} ${coverage.covered}/${coverage.expected}`;
    });
  }
}

type Change = Record<string, string | undefined>;

/** A record whose headers are other than they should be. */
function hostile(change: Change, sender: Sender = { node: 'hostile' }): LogRecord {
  const [record] = recordsOf(sender);
  const headers = Object.entries({ ...record!.headers, ...change }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...record!, headers: Object.fromEntries(headers) as Record<string, string> };
}

const manifest = (value: unknown): Change => ({ 'hs-man': JSON.stringify(value) });
const named = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, 1]));
const withPrototype = (json: string): Change => ({ 'hs-man': json });

describe('a hostile record', () => {
  it.each<[string, Change, string]>([
    ['without a version', { 'hs-v': undefined }, "no header 'hs-v'"],
    [
      'of 200 headers',
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`h${i}`, ''])),
      '128 headers',
    ],
    ['of 1 MB of headers', { more: 'x'.repeat(1_000_000) }, '81920 are allowed'],
    ['with a cluster of 256 characters', { 'hs-cluster': 'c'.repeat(256) }, "'hs-cluster' is no name"],
    ['with a path as its node', { 'hs-node': '../../etc/passwd' }, "'hs-node' is no name"],
    ['with a line break in its node', { 'hs-node': 'lb1\nfake 1 2' }, "'hs-node' is no name"],
    ['with braces of a Redis key in its node', { 'hs-node': 'a}{b' }, "'hs-node' is no name"],
    ['with any bytes as its source', { 'hs-src': '\u0000\ufffd' }, "'hs-src' is no name"],
    ['of a negative slot', { 'hs-slot': '-1' }, "'hs-slot' is no integer"],
    ['of a slot after the year 2200', { 'hs-slot': '7258118400001' }, "'hs-slot' is no integer"],
    ['of an interval of more than a day', { 'hs-interval': '86400001' }, "'hs-interval' is no integer"],
    ['with part 1 of 1', { 'hs-part': '1/1' }, "'hs-part' is no part"],
    ['with a negative part', { 'hs-part': '-1/1' }, "'hs-part' is no part"],
    ['of 1,025 parts', { 'hs-part': '0/1025', ...manifest({ chunks: { p1: 1_025 }, failed: {} }) }, '1024'],
    ['with other parts than its manifest', { 'hs-part': '0/3' }, 'the manifest says 1'],
    ['of 1,025 processes', manifest({ chunks: named(1_025), failed: {} }), '1024 are allowed'],
    [
      'with a manifest of more than 64 KiB',
      manifest({ chunks: named(1), failed: {}, x: 'x'.repeat(65_500) }),
      '65536',
    ],
    [
      'with a process of 1,025 characters',
      manifest({ chunks: { ['p'.repeat(1_025)]: 1 }, failed: {} }),
      'the manifest',
    ],
    [
      'with a process of two lines',
      manifest({ chunks: { 'p1\nfake': 1 }, failed: {} }),
      'Invalid key in record',
    ],
    [
      'with a process that turns the line round',
      manifest({ chunks: { 'p1\u202e': 1 }, failed: {} }),
      'Invalid key in record',
    ],
    [
      'with __proto__ among its processes',
      withPrototype('{"chunks":{"__proto__":1,"p1":1},"failed":{}}'),
      '__proto__',
    ],
    [
      'with __proto__ among its failures',
      withPrototype('{"chunks":{"p1":1},"failed":{"\\u005f_proto__":"reset"}}'),
      '__proto__',
    ],
    ['of process constructor, which nobody promised', { 'hs-proc': 'constructor' }, 'the manifest says 0'],
    ['of process __proto__, which nobody promised', { 'hs-proc': '__proto__' }, 'the manifest says 0'],
    [
      'with 5,000 faults in its manifest',
      manifest({
        chunks: Object.fromEntries(Object.keys(named(5_000)).map((name) => [name, 'x'])),
        failed: {},
      }),
      'and 4997 more',
    ],
  ])('%s is named, shortly, and costs only itself', async (_, change, message) => {
    const bench = await new Bench().take(hostile(change), ...recordsOf());
    expect(bench.named).toEqual([expect.stringContaining(message)]);
    expect(bench.named[0]).toMatch(/^[^\p{Cc}\p{Cf}]{1,1000}$/u);
    expect(bench.emitted).toEqual(['honest 1/1']);
  });

  it.each([
    ['past', 1],
    ['future', 7_258_118_400_000],
  ])('of a slot in the far %s is a frame of its own, and stops no other', async (_, at) => {
    const bench = await new Bench().take(...recordsOf({ node: 'hostile', slot: at }), ...recordsOf());
    await bench.graceOver();
    expect([bench.emitted, bench.session.committed]).toEqual([['hostile 1/1', 'honest 1/1'], 2]);
  });

  it('of an interval of a day that is never complete holds the watermark for five minutes', async () => {
    const change = { 'hs-interval': '86400000', ...manifest({ chunks: { p1: 1, p2: 1 }, failed: {} }) };
    const bench = await new Bench().take(hostile(change), ...recordsOf());
    await bench.graceOver();
    expect(bench.session.committed).toBe(0);
    bench.session.time += 300_000;
    await bench.role.tick(bench.session);
    expect([bench.emitted, bench.session.committed]).toEqual([['honest 1/1', 'hostile 1/2'], 2]);
  });

  it('of processes with names of JavaScript is a record like others', async () => {
    const replies = ['constructor', 'toString', 'hasOwnProperty'].map((process) => ({ process, info, stat }));
    const bench = await new Bench().take(...recordsOf({ replies }));
    expect([bench.emitted, bench.named]).toEqual([['honest 3/3'], []]);
  });

  it.each<[string, Change]>([
    ['more parts', { 'hs-part': '1/3', ...manifest({ chunks: { p1: 3 }, failed: {} }) }],
    [
      'another process',
      { 'hs-proc': 'p9', 'hs-part': '0/1', ...manifest({ chunks: { p9: 1 }, failed: {} }) },
    ],
  ])(
    'that says otherwise than an earlier one of its poll (%s) is named, and the first counts',
    async (_, change) => {
      const large = Buffer.from(`# pxname,svname,stot,type,\n${'web,FRONTEND,1,0,\n'.repeat(60_000)}`);
      const [first, second] = recordsOf({ replies: [{ process: 'p1', info, stat: large }] });
      const forged = { ...first!, headers: { ...first!.headers, ...change } as Record<string, string> };
      const bench = await new Bench().take(first!, forged, second!);
      expect(bench.named).toEqual([
        expect.stringContaining('but an earlier record of the same poll by puller-1 says'),
      ]);
      expect(bench.emitted).toEqual(['honest 1/1']);
    },
  );

  it('of a process with a pid or times that cannot be gives a frame that can be read', async () => {
    const value = fc.oneof(
      fc.constantFrom('0', '7', '-1', '1.5', '4194304', '10000000', '10000001', '1e400', '0xffffffff'),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
      fc.string({ maxLength: 200 }),
    );
    const said = fc.record(
      { Pid: value, Uptime_sec: value, Start_time_sec: value, Stopping: value, Version: value },
      { requiredKeys: ['Pid', 'Uptime_sec'] },
    );
    await fc.assert(
      fc.asyncProperty(said, async (lines) => {
        const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}\n`);
        const replies = [{ process: 'p1', info: Buffer.from(`Tasks: 1\n${text.join('')}`), stat }];
        const bench = await new Bench().take(...recordsOf({ replies }));
        expect([bench.emitted, bench.named]).toEqual([['honest 1/1'], []]);
      }),
      { numRuns: 500 },
    );
  });

  it('of a 17th poll of one slot, or a 1,025th process of one slot, is named, and the others count', async () => {
    const bench = new Bench();
    for (let i = 0; i < 17; i++) await bench.take(...recordsOf({ startedAt: slot + i }));
    expect(bench.named).toEqual([expect.stringContaining('more than 16 polls of one slot of node honest')]);
    const half = (from: number): Sender => ({
      node: 'wide',
      startedAt: slot + from,
      replies: Array.from({ length: 600 }, (_, i) => ({ process: `p${from + i}`, info, stat })),
    });
    await bench.take(...recordsOf(half(0)), recordsOf(half(600))[0]!);
    expect(bench.named[1]).toContain('of node wide name more than 1024 processes');
    expect(bench.emitted.at(-1)).toBe('wide 600/600');
  });

  it.each<[string, () => Buffer]>([
    ['a bomb of 1 GB', () => compress(Buffer.alloc(2 ** 30))],
    ['one byte more than 2 MiB', () => compress(Buffer.alloc(2 * 1024 * 1024 + 1, 'a'))],
    ['no zstd', () => Buffer.from('\u001f\u008b gzip', 'latin1')],
    ['nothing', () => Buffer.alloc(0)],
  ])('whose value is %s costs its process, in bounded memory', async (_, value) => {
    const before = process.memoryUsage().rss;
    const replies = ['p1', 'p2'].map((name) => ({ process: name, info, stat }));
    const [first, second] = recordsOf({ replies });
    const bomb = value();
    const made = process.memoryUsage().rss;
    const bench = await new Bench().take({ ...first!, value: bomb }, second!);
    expect(bench.named).toEqual([
      expect.stringMatching(/process p1 cannot be read: .*cannot be decompressed/),
    ]);
    expect(bench.emitted).toEqual(['honest 1/2']);
    expect(process.memoryUsage().rss - Math.max(before, made)).toBeLessThan(64 * 1024 * 1024);
  });

  it('comes 20,000 times, of ever new polls that are never whole, and memory stays bounded', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const bench = new Bench();
    const taken = {
      chunks: { p1: 1_024 },
      failed: Object.fromEntries(Object.keys(named(20)).map((p) => [`/run/${p}`, 'reset'])),
    };
    const [record] = recordsOf();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 20_000; i++) {
      const headers = {
        ...record!.headers,
        ...manifest(taken),
        'hs-part': '7/1024',
        'hs-slot': String(slot + i),
        'hs-poll': String(i + 1),
      };
      await bench.take({ ...record!, headers: headers, value: Buffer.alloc(64) });
    }
    collect();
    const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    expect(bench.named).toEqual([]);
    expect(grown).toBeLessThan(200);
  }, 60_000);
});

describe('rows', () => {
  it('beyond 200,000 of a node are left out, and its process is named', async () => {
    const rows = Array.from({ length: 200_010 }, (_, i) => `b${i},BACKEND,1,1,\n`);
    const large = Buffer.from(`# pxname,svname,stot,type,\n${rows.join('')}`);
    const bench = await new Bench().take(...recordsOf({ replies: [{ process: 'p1', info, stat: large }] }));
    const parts = bench.frames.records.map((record) => readFramePart(record).frame);
    const backends = parts.flatMap(({ tables }) => tables).filter(({ kind }) => kind === 'backend');
    expect(backends.reduce((sum, { proxies }) => sum + proxies.length, 0)).toBe(200_000);
    expect(parts.reduce((sum, frame) => sum + rowsOf(frame), 0)).toBeGreaterThanOrEqual(200_000);
    expect(bench.named).toEqual([expect.stringMatching(/process p1 cannot be read/)]);
    expect(bench.emitted[0]).toBe('honest 0/1');
  }, 60_000);
});

describe('names from anybody', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-limits-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('a\nb 1 2', '..', '/', '\u2028', '"', 'a,b'),
  );

  it('never break a line of Graphite', async () => {
    const config = processorConfigOf(loadConfig('').settings);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(nasty, nasty), { minLength: 1, maxLength: 5 }), async (pairs) => {
        const rows = pairs.map(
          ([proxy, server]) => `"${proxy.replaceAll('"', '""')}","${server.replaceAll('"', '""')}",1,2,\n`,
        );
        const text = Buffer.from(`# pxname,svname,stot,type,\n${rows.join('')}`);
        const bench = await new Bench().take(
          ...recordsOf({ replies: [{ process: 'p1', info, stat: text }] }),
        );
        const lines = new GraphiteLines(config.graphite, { clock: systemClock, logger: silentLogger });
        for (const record of bench.frames.records) {
          const written = [...lines.of(readFramePart(record))]
            .map(({ bytes }) => bytes.toString('latin1'))
            .join('');
          const wrong = written
            .split('\n')
            .slice(0, -1)
            .filter((line) => !/^[A-Za-z0-9_:.-]+ -?[0-9.e+-]+ \d+$/.test(line));
          expect(wrong).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('never break a line of the log', async () => {
    const file = join(directory, 'log');
    const logger = createLogger({ program: 'test', level: 'debug', fd: openSync(file, 'w') });
    const bench = new Bench(logger);
    await bench.take(
      hostile({ 'hs-node': 'a\nb', 'hs-proc': 'x\r\n{"level":"fatal"}' }),
      hostile(manifest({ chunks: { 'p\n1': 1 }, failed: {} })),
    );
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ program: 'test', level: 'error' });
  });

  it('never leave the directory of the local store', () => {
    fc.assert(
      fc.property(nasty, (word) => {
        const name = nodeDirectoryName(word);
        expect(name).toMatch(/^[A-Za-z0-9_:-][A-Za-z0-9_.:-]*$/);
        expect(name.length).toBeLessThanOrEqual(255);
      }),
    );
  });
});
