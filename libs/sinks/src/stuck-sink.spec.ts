import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DirectoryLogReader,
  DirectoryLogWriter,
  frameRecords,
  PartitionPump,
  type LogEntry,
  type LogHandler,
  type LogRecord,
} from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { eventually } from '../../../test/harness/eventually';
import { FakeRelay, fullBacklog, honest } from '../../../test/support/fake-relay';
import { FakeSession } from '../../../test/support/fake-session';
import { column } from '../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../test/support/frames';
import { graphiteConfig } from '../../../test/support/graphite-config';
import { OwnTime } from '../../../test/support/own-time';
import { FrameFeed } from './frame-feed';
import { GraphiteSink, type GraphiteAddress } from './graphite';

const ports = { clock: systemClock, logger: silentLogger };
const tickMs = 20;
const startedAt = 1_700_000_000;

/** A frame of the slot with this number. */
function recordOf(number: number, rows: number): LogRecord {
  const names = Array.from({ length: rows }, (_, i) => `p${i}`);
  const cells = names.map(() => number);
  const head = frameHead({ node: 'lb', slot: (startedAt + number) * 1_000 });
  const [record] = frameRecords({
    head,
    tables: [tableOf('frontend', names, [column('stot', 'sum', cells)])],
  });
  return record!;
}

function feedTo(address: GraphiteAddress): FrameFeed {
  const config = graphiteConfig({
    address,
    batchBytes: 8_388_608,
    timeouts: { connectMs: 100, writeMs: 100, closeMs: 200, settleMs: 5 },
    retry: { firstMs: 5, factor: 2, maxMs: 50 },
  });
  return new FrameFeed({ sink: new GraphiteSink(config, ports), ...ports });
}

/** How long the frames took, in ms, by when a line of each had reached the relay. */
function delaysOf(arrivals: ReadonlyMap<number, number>, departures: readonly number[]): number[] {
  const delays = departures.map((at, number) => arrivals.get(number)! - at);
  expect(delays.every(Number.isFinite)).toBe(true);
  return delays.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.ceil(q * sorted.length) - 1]!;

describe('a sink that never finishes', () => {
  let relay: FakeRelay;
  /** When the first line of each frame came. */
  let arrivals: Map<number, number>;
  let time: OwnTime;

  beforeEach(async () => {
    time = new OwnTime();
    arrivals = new Map();
    relay = await FakeRelay.start();
    relay.behave = (socket: Socket) => {
      honest(socket);
      socket.on('data', (bytes: Buffer) => {
        for (const [, number] of String(bytes).matchAll(/\.p0\.stot (\d+) /g)) {
          if (!arrivals.has(Number(number))) arrivals.set(Number(number), time.now());
        }
      });
    };
  });
  afterEach(async () => {
    time.stop();
    await relay.stop();
  });

  /** Where each of two handlers reads all that is appended, independently of the other. */
  interface Rig {
    append(record: LogRecord): Promise<void>;
    read(handlers: readonly LogHandler[]): void;
    close(): Promise<void>;
  }

  async function onDirectory(): Promise<Rig> {
    const path = await mkdtemp(join(tmpdir(), 'stuck-sink-'));
    const shared = { path, topic: 'frames', groups: ['first', 'second'], ...ports };
    const writer = await DirectoryLogWriter.open({ ...shared, maxEntries: 10_000 });
    const readers = shared.groups.map((group) => new DirectoryLogReader({ ...shared, group, tickMs }));
    return {
      append: (record) => writer.append('frames', [record]),
      read: (handlers) => handlers.forEach((handler, i) => readers[i]!.start(handler)),
      close: async () => {
        await Promise.all(readers.map((reader) => reader.close()));
        await writer.close();
        await rm(path, { recursive: true });
      },
    };
  }

  /** A session of Kafka for each, as its reader drives it. */
  function onSessions(): Promise<Rig> {
    const pumps: PartitionPump[] = [];
    const log = new FakeSession();
    return Promise.resolve({
      append: (record) => {
        const entry = log.entry(record);
        for (const pump of pumps) {
          pump.offer([entry]);
          pump.caughtUp(true);
        }
        return Promise.resolve();
      },
      read: (handlers) => pumps.push(...handlers.map((handler) => pumpOf(handler))),
      close: async () => {
        await Promise.all(pumps.map((pump) => pump.end('revoked')));
      },
    });
  }

  const frames = 120;

  async function delaysWith(rig: Rig, others: readonly GraphiteAddress[]): Promise<number[]> {
    const departures: number[] = [];
    rig.read([feedTo(relay.address), ...others.map(feedTo)]);
    try {
      for (let number = 0; number < frames; number++) {
        const record = recordOf(number, 500);
        departures.push(time.now());
        await rig.append(record);
        await delay(10);
      }
      await eventually(() => expect(arrivals.size).toBe(frames), { everyMs: 5 });
      return delaysOf(arrivals, departures);
    } finally {
      await rig.close();
    }
  }

  it.each<[string, () => Promise<Rig>]>([
    ['a directory log', onDirectory],
    ["sessions of Kafka's", onSessions],
  ])(
    'delays no other: on %s',
    async (name, rig) => {
      const blackHole = await fullBacklog();
      try {
        await delaysWith(await rig(), []);
        arrivals.clear();
        const alone = await delaysWith(await rig(), []);
        arrivals.clear();
        const beside = await delaysWith(await rig(), [blackHole.address]);
        const told = [alone, beside].map(
          (delays) =>
            `p50 ${quantile(delays, 0.5).toFixed(1)} ms, p99 ${quantile(delays, 0.99).toFixed(1)} ms`,
        );
        process.stdout.write(
          `append to relay on ${name}: ${told[0]} alone; ${told[1]} beside a sink in a black hole\n`,
        );
        // Who waits for the other waits for its tries, seconds each; the rest is what else the machine does.
        expect(quantile(beside, 0.5)).toBeLessThan(2 * quantile(alone, 0.5) + 100);
        expect(quantile(beside, 0.99)).toBeLessThan(2 * quantile(alone, 0.99) + 1_000);
      } finally {
        await blackHole.close();
      }
    },
    60_000,
  );

  it('holds a bounded number of rows and bytes, whatever comes, and loses none', async () => {
    const [batches, rows, maxQueued] = [60, 3_000, 10];
    relay.behave = (socket) => socket.pause();
    const records = Array.from({ length: batches }, (_, number) => recordOf(number, rows));
    const entries = new FakeSession();
    const feed = feedTo(relay.address);
    let taken = 0;
    let mayOffer = true;
    let committed = 0;
    const pump = pumpOf(
      {
        record: (entry, session) => {
          taken++;
          return feed.record(entry, session);
        },
        tick: (session) => feed.tick(session),
      },
      {
        highWater: { entries: maxQueued, bytes: 1e9 },
        lowWater: { entries: 2, bytes: 1e9 },
        onHigh: () => (mayOffer = false),
        onLow: () => (mayOffer = true),
        commit: ({ watermark }) => Promise.resolve(void (committed = watermark)),
      },
    );
    const waiting = records.map((record): LogEntry => entries.entry(record));
    const offering = setInterval(() => {
      while (mayOffer && waiting.length > 0) pump.offer([waiting.shift()!]);
      if (waiting.length === 0) pump.caughtUp(true);
    }, 5);
    try {
      await delay(1_500);
      const offered = batches - waiting.length;
      process.stdout.write(
        `black hole: of ${batches} batches of ${rows} rows ${taken} are unfolded, ${offered - taken} wait as they came; committed ${committed}\n`,
      );
      expect(committed).toBe(0);
      expect(taken * (rows + 1)).toBeLessThanOrEqual(10_000 + 2 * (rows + 1) + rows);
      expect(offered - taken).toBeLessThanOrEqual(maxQueued);
      expect(offered).toBeLessThan(batches);
      relay.behave = honest;
      await eventually(() => expect(committed).toBe(batches), { withinMs: 20_000 });
      expect(new Set(relay.lines.filter((line) => line.includes('.stot '))).size).toBe(batches * rows);
    } finally {
      clearInterval(offering);
      await pump.end('revoked');
    }
  }, 60_000);
});

function pumpOf(
  handler: LogHandler,
  change: Partial<ConstructorParameters<typeof PartitionPump>[0]> = {},
): PartitionPump {
  return new PartitionPump({
    topic: 'frames',
    partition: 0,
    committed: { watermark: 0, base: 0 },
    commit: () => Promise.resolve(),
    handler,
    tickMs,
    highWater: { entries: 1_000, bytes: 1e9 },
    lowWater: { entries: 10, bytes: 1e9 },
    onHigh: () => undefined,
    onLow: () => undefined,
    onFailure: (error) => {
      throw error;
    },
    ...ports,
    ...change,
  });
}
