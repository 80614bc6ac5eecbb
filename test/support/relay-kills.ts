import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { frameRecords, type LogRecord } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { FrameFeed, GraphiteSink } from '@haproxystats/sinks';
import { FakeSession } from './fake-session';
import { column } from './frame-column';
import { frameHead, tableOf } from './frames';
import { graphiteConfig } from './graphite-config';
import { LineRelay } from './line-relay';

export interface RelayKillsOptions {
  /** For the relays' files. */
  readonly directory: string;
  /** Goes on until both are reached, and of so many kills a fifth were in flight and a tenth unread. */
  readonly lines: number;
  readonly kills: number;
  /** More than one: ordered failover among them. */
  readonly relays: number;
  readonly settleMs: number;
  /** The longest life of a relay; it is killed at any time of it. */
  readonly lifeMs: number;
  readonly seed: number;
}

export interface RelayKills {
  /** Lines of batches that were committed as delivered. */
  readonly lines: number;
  readonly kills: number;
  /** Kills that hit a relay in the middle of at least one batch, by the relay's own account. */
  readonly killsInFlight: number;
  /** Kills between two reads: bytes had reached the relay's machine, and it had not read them. */
  readonly killsUnread: number;
  /** Tries to deliver a batch that failed. */
  readonly failures: number;
  /** Committed, and in no relay's file. */
  readonly lost: number;
  /** Further copies of a line, by batches that were sent again. */
  readonly doubled: number;
  /** Committed or not, stands in a file and is no line that was sent. */
  readonly wrong: number;
}

const columns = ['stot', 'bin', 'bout', 'dreq', 'ereq', 'scur', 'smax', 'slim', 'rate', 'dresp'] as const;
const rows = 500;
/** Between two frames: about 300,000 lines a second. */
const paceMs = 15;
const linesPerFrame = rows * columns.length;

/** The frame of this number: each of its values is a number that no other line has. */
function recordsOf(number: number): LogRecord[] {
  const names = Array.from({ length: rows }, (_, row) => `p${row}`);
  const cells = columns.map((field, at) =>
    column(
      { name: field, rule: 'sum' },
      'sum',
      names.map((_, row) => number * linesPerFrame + row * columns.length + at),
    ),
  );
  const head = frameHead({ node: 'lb', slot: (1_000_000_000 + number) * 1_000 });
  return frameRecords({ head, tables: [tableOf('frontend', names, cells)] });
}

/** Numbers between 0 and 1, the same for a seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Kills relays with kill -9 at random while a Graphite sink delivers frames behind its feed, and then looks for every committed line in
 * what the relays have written. In each life a relay is fast, slow, or often does not read for a while.
 */
export async function relayKills(options: RelayKillsOptions): Promise<RelayKills> {
  const { directory, relays: count } = options;
  const relays = Array.from({ length: count }, (_, i) => new LineRelay(directory, `relay-${i}`));
  for (const relay of relays) await relay.start('fast');
  const delivery = new Delivery(relays, options.settleMs);
  const run = { over: false };
  const delivering = delivery.run(() => run.over);
  const killing = killAtRandom(relays, options, () => delivery.lines >= options.lines);
  try {
    const killed = await Promise.race([killing, delivering.then(() => killing)]);
    run.over = true;
    await delivering;
    const found = await audit(relays, delivery.lines);
    return { lines: delivery.lines, failures: delivery.failures, ...killed, ...found };
  } finally {
    run.over = true;
    await Promise.all(relays.map((relay) => relay.kill()));
  }
}

/** Frames through feed and sink. */
class Delivery {
  failures = 0;
  readonly #session = new FakeSession();
  readonly #feed: FrameFeed;

  constructor(relays: readonly LineRelay[], settleMs: number) {
    const [address, ...failover] = relays.map(({ host, port }) => ({ host, port }));
    const ports = { clock: systemClock, logger: silentLogger };
    const config = graphiteConfig({
      address: address!,
      failover,
      failoverRetryMs: 100,
      batchBytes: 8_388_608,
      timeouts: { connectMs: 1_000, writeMs: 1_000, closeMs: 10_000, settleMs },
      retry: { firstMs: 5, factor: 2, maxMs: 50 },
    });
    const sink = new GraphiteSink(config, { ...ports, onFailure: () => this.failures++ });
    this.#feed = new FrameFeed({ sink, ...ports });
  }

  /** Of frames that were committed, which are a record each. */
  get lines(): number {
    return (this.#session.committed ?? 0) * linesPerFrame;
  }

  async run(isOver: () => boolean): Promise<void> {
    this.#session.idle = false;
    for (let number = 0; !isOver(); number++) {
      for (const record of recordsOf(number)) {
        await this.#feed.record(this.#session.entry(record), this.#session);
      }
      await delay(paceMs);
    }
    this.#session.idle = true;
    await this.#feed.tick(this.#session);
    await Promise.all(this.#session.works);
  }
}

const manners = ['fast', 'fast', 'slow', 'pausing'] as const;

async function killAtRandom(
  relays: readonly LineRelay[],
  { kills: wanted, lifeMs, seed }: RelayKillsOptions,
  isEnough: () => boolean,
): Promise<Pick<RelayKills, 'kills' | 'killsInFlight' | 'killsUnread'>> {
  const random = randomOf(seed);
  let [kills, killsInFlight] = [0, 0];
  const killsUnread = () => relays.reduce((sum, { unreadAtDeath }) => sum + unreadAtDeath, 0);
  const isVaried = () => killsInFlight >= wanted / 5 && killsUnread() >= wanted / 10;
  while (kills < wanted || !isEnough() || !isVaried()) {
    await delay(lifeMs * random());
    const busy = random() < 0.7 ? relays.find((each) => each.inFlight() > 0) : undefined;
    const relay = busy ?? relays[Math.floor(random() * relays.length)]!;
    if ((await relay.kill()) > 0) killsInFlight++;
    kills++;
    await delay(30 * random());
    await relay.start(manners[Math.floor(random() * manners.length)]!);
  }
  return { kills, killsInFlight, killsUnread: killsUnread() };
}

const form = /^lb\.lb\.haproxy\.frontend\.p(\d+)\.([a-z]+) (\d+) (\d+)$/;

/** Reads the relays' files as the only witness. */
async function audit(
  relays: readonly LineRelay[],
  lines: number,
): Promise<Pick<RelayKills, 'lost' | 'doubled' | 'wrong'>> {
  const seen = new Uint8Array(lines);
  let [found, doubled, wrong] = [0, 0, 0];
  for (const { lines: file } of relays) {
    for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
      if (line === '' || line === '#' || own.test(line)) continue;
      const number = numberOf(line);
      if (number === undefined) wrong++;
      else if (seen[number]) doubled++;
      else if (number < lines) found += seen[number] = 1;
    }
  }
  return { lost: lines - found, doubled, wrong };
}

/** What the sink tells of the frame itself. */
const own = /^lb\.lb\.haproxy\.(?:coverage|haproxystats)\.[A-Za-z_]+ [\d.]+ \d+$/;

/** The number of a line whose every part is as it was sent. */
function numberOf(line: string): number | undefined {
  const [, row, field, value, seconds] = form.exec(line) ?? [];
  const number = Number(value);
  const at = number % linesPerFrame;
  const isRight =
    Number(row) === Math.floor(at / columns.length) &&
    field === columns[at % columns.length] &&
    Number(seconds) === 1_000_000_000 + Math.floor(number / linesPerFrame);
  return isRight ? number : undefined;
}
