import type { LogEntry, LogRecord, PartitionSession, Position } from '@haproxystats/messaging';
import { Registry } from 'prom-client';
import { FakeClock } from '../../../test/support/fake-clock';
import { ForwardService } from './forward.service';
import type { PullerConfig } from './puller.config';
import { pullerMetrics } from './puller.metrics';

const config = {
  topic: 'haproxystats.raw.v1',
  intervalMs: 10_000,
  drainSlotsPerInterval: 10,
} as PullerConfig;
const start = 1_700_000_000_000;

class FakeSession implements PartitionSession {
  readonly idle = false;
  readonly topic = 'spool';
  readonly partition = 0;
  readonly stop = new AbortController();
  readonly signal = this.stop.signal;
  readonly committed: Position[] = [];

  now(): number {
    return start + 4000;
  }

  commit(position: Position): Promise<void> {
    this.committed.push(position);
    return Promise.resolve();
  }

  inHand(): void {
    throw new Error('a forwarder works within its calls');
  }
}

class FakeWriter {
  appended: { topic: string; values: string[]; at: number }[] = [];
  behaviour: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  constructor(private readonly clock: FakeClock) {}

  async append(topic: string, records: readonly LogRecord[], signal?: AbortSignal): Promise<void> {
    const values = records.map(({ value }) => value.toString());
    this.appended.push({ topic, values, at: this.clock.monotonic() });
    await this.behaviour(signal!);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Record `index` of the `count` records of a spool entry. */
function record(entry: number, index: number, count: number): LogEntry {
  const offset = entry * 2 ** 20 + index;
  return {
    topic: 'spool',
    partition: 0,
    offset,
    next: index === count - 1 ? (entry + 1) * 2 ** 20 : offset + 1,
    appendedAt: start,
    priming: false,
    key: 'main/lb1',
    headers: { 'hs-part': `${index}` },
    value: Buffer.from(`${entry}.${index}`),
  };
}

function setUp() {
  const clock = new FakeClock(start);
  const writer = new FakeWriter(clock);
  const registry = new Registry();
  const forward = new ForwardService(config, {
    clock,
    writer,
    metrics: pullerMetrics(registry, { spoolDepth: () => 0, dropped: () => 0, refused: () => 0 }),
  });
  return { clock, writer, registry, forward, session: new FakeSession() };
}

describe('ForwardService', () => {
  it('sends the records of one poll in one append, and commits behind its last', async () => {
    const { writer, forward, session, registry } = setUp();
    for (const index of [0, 1, 2]) {
      expect(session.committed).toEqual([]);
      await forward.record(record(5, index, 3), session);
    }
    expect(writer.appended).toEqual([{ topic: 'haproxystats.raw.v1', values: ['5.0', '5.1', '5.2'], at: 0 }]);
    expect(session.committed).toEqual([{ watermark: 6 * 2 ** 20, base: 6 * 2 ** 20 }]);
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/forwarded_polls_total 1\n/);
    expect(metrics).toMatch(/forwarded_records_total 3\n/);
    expect(metrics).toMatch(/forwarded_bytes_total 9\n/);
    expect(metrics).toMatch(/forward_delay_seconds 4\n/);
  });

  it('keeps key, headers and value of a record as they are', async () => {
    const { writer, forward, session } = setUp();
    const given: LogRecord[] = [];
    writer.append = (_, records) => {
      given.push(...records);
      return Promise.resolve();
    };
    await forward.record(record(0, 0, 1), session);
    const { key, headers, value } = record(0, 0, 1);
    expect(given).toEqual([{ key, headers, value }]);
  });

  it('drains a backlog oldest first, 10 polls an interval', async () => {
    const { clock, writer, forward, session } = setUp();
    const draining = (async () => {
      for (let entry = 0; entry < 30; entry++) await forward.record(record(entry, 0, 1), session);
    })();
    await clock.advance(9999);
    expect(writer.appended.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i * 1000));
    await clock.advance(20_001);
    await draining;
    expect(writer.appended.map(({ values }) => values[0])).toEqual(
      Array.from({ length: 30 }, (_, i) => `${i}.0`),
    );
  });

  it('does not delay a poll that comes at its time', async () => {
    const { clock, writer, forward, session } = setUp();
    await forward.record(record(0, 0, 1), session);
    await clock.advance(10_000);
    await forward.record(record(1, 0, 1), session);
    expect(writer.appended.map(({ at }) => at)).toEqual([0, 10_000]);
  });

  it('commits nothing that was not acknowledged before the session ended', async () => {
    const { writer, forward, session } = setUp();
    writer.behaviour = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('gave up')));
      });
    const forwarding = forward.record(record(0, 0, 1), session);
    await new Promise(setImmediate);
    expect(writer.appended).toHaveLength(1);
    session.stop.abort();
    await forwarding;
    expect(session.committed).toEqual([]);
  });

  it('sends nothing more when the session ends while it waits', async () => {
    const { writer, forward, session } = setUp();
    await forward.record(record(0, 0, 1), session);
    const second = forward.record(record(1, 0, 1), session);
    session.stop.abort();
    await second;
    expect(writer.appended).toHaveLength(1);
    expect(session.committed).toHaveLength(1);
  });

  it('is ended by a writer that gives up by itself: the reader must say so', async () => {
    const { writer, forward, session } = setUp();
    writer.behaviour = () => Promise.reject(new Error('message too large'));
    await expect(forward.record(record(0, 0, 1), session)).rejects.toThrow('message too large');
    expect(session.committed).toEqual([]);
  });

  it('forgets half a poll with its session: the next one reads it again', async () => {
    const { clock, writer, forward, session } = setUp();
    await forward.record(record(0, 0, 2), session);
    const next = new FakeSession();
    await forward.record(record(0, 0, 2), next);
    await forward.record(record(0, 1, 2), next);
    await clock.advance(0);
    expect(writer.appended.map(({ values }) => values)).toEqual([['0.0', '0.1']]);
  });

  it('does not forward again what only primes', async () => {
    const { writer, forward, session } = setUp();
    await forward.record({ ...record(0, 0, 1), priming: true }, session);
    await forward.tick();
    expect(writer.appended).toEqual([]);
  });
});
