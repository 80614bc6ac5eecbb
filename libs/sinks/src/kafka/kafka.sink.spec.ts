import {
  frameRecords,
  readFramePart,
  type FramePart,
  type LogRecord,
  type LogWriter,
} from '@haproxystats/messaging';
import type { Frame } from '@haproxystats/metrics';
import { FakeClock } from '../../../../test/support/fake-clock';
import { FakeEncoder, type PlainRecord } from '../../../../test/support/fake-encoder';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { KafkaSink } from './kafka.sink';

const { finish } = graphiteConfig({ address: { host: '127.0.0.1', port: 1 } });
const never = new AbortController().signal;

/** Keeps what it is given, call by call; `before` is waited for. */
class KeepingWriter implements LogWriter {
  readonly calls: { readonly topic: string; readonly records: readonly LogRecord[] }[] = [];
  before: (topic: string, signal?: AbortSignal) => Promise<void> = () => Promise.resolve();

  async append(topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    await this.before(topic, signal);
    this.calls.push({ topic, records });
  }

  get records(): PlainRecord[] {
    return this.calls.flatMap(({ records }) =>
      records.map(({ value }) => JSON.parse(value.toString()) as PlainRecord),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function nodeFrame(proxies: readonly string[], change: Partial<Frame['head']> = {}): Frame {
  return {
    head: frameHead(change),
    tables: [
      tableOf('backend', proxies, [
        column(
          'stot',
          'sum',
          proxies.map((_, i) => i),
        ),
      ]),
    ],
  };
}

const whole = (frame: Frame): FramePart => ({ part: 0, parts: 1, frame });
const inCluster = { scope: 'cluster', node: '' } as const;

describe('KafkaSink', () => {
  let encoder: FakeEncoder;
  let writer: KeepingWriter;
  let sink: KafkaSink;
  let log: RecordedLog;
  let clock: FakeClock;
  let taken: number;
  let splits: number;

  beforeEach(() => {
    [encoder, writer, log, clock] = [
      new FakeEncoder(),
      new KeepingWriter(),
      new RecordedLog(),
      new FakeClock(),
    ];
    [taken, splits] = [0, 0];
    const ports = { encoder, writer, clock, logger: log.logger };
    const onTaken = (records: readonly LogRecord[]): void => void (taken += records.length);
    sink = new KafkaSink({ finish, topicPrefix: 'hs' }, { ...ports, onTaken, onSplit: () => splits++ });
  });

  it('writes by scope, with a key of four places, and headers to choose by', async () => {
    await sink.deliver([whole(nodeFrame(['a.b', 'c']))], never);
    await sink.deliver(
      [whole(nodeFrame(['c'], { ...inCluster, coverage: { covered: 2, expected: 3 } }))],
      never,
    );
    const headers = {
      'hs-v': '1',
      'hs-slot': '1700000010000',
      'hs-scope': 'node',
      'hs-covered': '1',
      'hs-expected': '1',
    };
    const shown = writer.calls.map(({ topic, records }) => ({
      topic,
      records: records.map((record) => ({ key: record.key, headers: record.headers })),
    }));
    expect(shown).toEqual([
      {
        topic: 'hs.metrics.node.v1',
        records: [
          { key: 'eu/lb1.example.com/backend/a.b', headers },
          { key: 'eu/lb1.example.com/backend/c', headers },
        ],
      },
      {
        topic: 'hs.metrics.cluster.v1',
        records: [
          {
            key: 'eu//backend/c',
            headers: { ...headers, 'hs-scope': 'cluster', 'hs-covered': '2', 'hs-expected': '3' },
          },
        ],
      },
    ]);
    expect(taken).toBe(3);
  });

  it('joins proxies with their servers across the parts of a frame', async () => {
    const servers = Array.from({ length: 600 }, (_, i) => `app/s${i}`);
    const noise = Array.from({ length: 400 }, (_, i) =>
      column(
        { name: `c${i}`, rule: 'sum' },
        'sum',
        servers.map(() => Math.random()),
      ),
    );
    const { head, tables } = nodeFrame(['app']);
    const parts = frameRecords({ head, tables: [...tables, tableOf('server', servers, noise)] }).map(
      readFramePart,
    );
    expect(parts.length).toBeGreaterThan(1);
    const { metrics } = await sink.deliver([...parts, whole(nodeFrame(['z']))], never);
    const cut = writer.records.filter(({ proxy }) => proxy === 'app');
    expect(cut.map(({ part }) => part)).toEqual([...cut.keys()]);
    expect(cut.flatMap((record) => record.servers.map(({ name }) => `app/${name}`))).toEqual(servers);
    expect(cut.map((record) => record.metrics)).toEqual([{ stot: 0 }, ...cut.slice(1).map(() => ({}))]);
    expect(metrics).toEqual([1 + 600 * 400, ...parts.slice(1).map(() => 0), 1]);
    expect(splits).toBe(1);
    const last = writer.calls
      .flatMap(({ records }) => records)
      .filter(({ key }) => key.endsWith('app'))
      .at(-1)!;
    expect(last.headers['hs-part']).toBe(`${cut.length - 1}/${cut.length}`);
  });

  it('hands the writer no more than a request takes', async () => {
    const proxies = Array.from({ length: 1_201 }, (_, i) => `p${i}`);
    await sink.deliver([whole(nodeFrame(proxies))], never);
    expect(writer.calls.map(({ records }) => records.length)).toEqual([500, 500, 201]);
    const wide = proxies.slice(0, 40).map((proxy) => `${proxy}${'x'.repeat(60_000)}`);
    writer.calls.length = 0;
    await sink.deliver([whole(nodeFrame(wide))], never);
    const bytes = writer.calls.map(({ records }) =>
      records.reduce((sum, { value }) => sum + value.length, 0),
    );
    expect(Math.max(...bytes)).toBeLessThanOrEqual(900_000);
    expect(writer.calls.flatMap(({ records }) => records)).toHaveLength(40);
  });

  it('says that all parts of a frame are unfit when one is', async () => {
    const broken = { ...column('stot', 'sum', [1]), present: undefined as unknown as Uint8Array };
    const { head, tables } = nodeFrame(['a']);
    const bad: FramePart[] = [
      { part: 0, parts: 2, frame: { head, tables } },
      { part: 1, parts: 2, frame: { head, tables: [tableOf('backend', ['b'], [broken])] } },
    ];
    const { unfit, metrics } = await sink.deliver(
      [whole(nodeFrame(['x'])), ...bad, whole(nodeFrame(['y']))],
      never,
    );
    expect([...unfit.keys()]).toEqual([1, 2]);
    expect(metrics).toEqual([1, 0, 0, 1]);
    expect(writer.records.map(({ proxy }) => proxy)).toContain('y');
  });

  it('refuses, as a fault of ours, parts that are not whole frames', async () => {
    const { frame } = whole(nodeFrame(['a']));
    const part = (at: number): FramePart => ({ part: at, parts: 2, frame });
    for (const parts of [[part(0)], [part(1), part(0)], [part(0), part(0)]])
      await expect(sink.deliver(parts, never)).rejects.toThrow('must come together');
    await expect(sink.deliver([whole(frame)], never)).resolves.toMatchObject({ metrics: [1] });
  });

  it('keeps the order of frames, however long the writer takes for one', async () => {
    const first = Promise.withResolvers<undefined>();
    writer.before = async () => {
      writer.before = () => Promise.resolve();
      await first.promise;
    };
    const slots = [1_000, 2_000, 3_000];
    const deliveries = slots.map((slot) => sink.deliver([whole(nodeFrame(['a'], { slot }))], never));
    await clock.advance(100);
    first.resolve(undefined);
    await Promise.all(deliveries);
    expect(writer.records.map(({ slot }) => slot)).toEqual(slots);
  });

  it('delays nothing of nodes while clusters cannot be written', async () => {
    const stop = new AbortController();
    writer.before = (topic, signal) =>
      topic.includes('cluster')
        ? new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
        : Promise.resolve();
    const waiting = sink.deliver([whole(nodeFrame(['a'], inCluster))], stop.signal);
    await sink.deliver([whole(nodeFrame(['a']))], never);
    expect(writer.calls).toHaveLength(1);
    stop.abort(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
    await sink.close();
  });

  it('says why it waits for its schema, at once and then rarely, and when it goes on', async () => {
    encoder.refuse = true;
    const delivery = sink.deliver([whole(nodeFrame(['a']))], never);
    await clock.advance(2_000);
    expect(log.texts('error')).toEqual([
      'kafka: no values can be made yet: the registry is away. Nothing is lost, trying on',
    ]);
    encoder.refuse = false;
    await clock.advance(30_000);
    await delivery;
    expect(log.texts('info')).toEqual(['kafka: has the schema now']);
    expect(writer.records).toHaveLength(1);
  });

  it('passes on what is no fault of the registry', async () => {
    encoder.prepare = () => Promise.reject(new Error('a fault of ours'));
    await expect(sink.deliver([whole(nodeFrame(['a']))], never)).rejects.toThrow('a fault of ours');
    expect(log.texts('error')).toEqual([]);
  });

  it('sends what is merged with other semantics, and says so', async () => {
    await sink.deliver([whole(nodeFrame(['a'], { semantics: 'classic' }))], never);
    expect(writer.records).toHaveLength(1);
    expect(log.texts('warn')).toEqual([expect.stringContaining('merged with semantics = classic')]);
  });
});
