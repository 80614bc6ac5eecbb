import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './oracle/percentile';
import type { Verdict } from './row';
import { startNode, type Node } from './world/node';
import type { Part } from './world/part';
import { makeTopics, startProcessor } from './world/programs';
import type { World } from './world/world';

/** By so much the memory may grow from the second minute to the last half one, by their medians: it goes up and down with the garbage. */
const mostGrowth = 1.3;
const endMs = 30_000;
const secondMinute = { from: 60_000, to: 120_000 };
const leastMs = secondMinute.to + endMs;
const prefix = 'silent';
const size = { backends: 10, servers: 5 };
/** Nobody asks for them again. */
const answers = { give: ({ info }: { readonly info: string }) => info };

interface Sample {
  /** ms since the start. */
  readonly at: number;
  readonly residentMiB: number;
}

/**
 * A processor, in topics and groups of its own, whose relay takes connections and never a byte, from the start of the suite
 * to its end and through all its faults: how much memory it takes.
 */
export class SilentFleet {
  readonly #samples: Sample[] = [];
  readonly #sampling: Promise<void>;
  #isOver = false;

  private constructor(
    private readonly node: Node,
    private readonly processor: Part,
    private readonly relay: Server,
  ) {
    this.#sampling = this.#sample();
  }

  static async start({ brokers: { straight: brokers }, redis }: World): Promise<SilentFleet> {
    const relay = createServer({ pauseOnConnect: true }, (socket) => socket.on('error', () => undefined));
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    await makeTopics(brokers, prefix);
    const place = { node: 'silent', cluster: 'silent', processes: 4, seed: 99, answers, size };
    const node = await startNode({ ...place, brokers, prefix });
    const processor = await startProcessor('silent processor', {
      ...{ brokers, prefix, redisPort: redis.proxy.port },
      relayPort: (relay.address() as AddressInfo).port,
    });
    return new SilentFleet(node, processor, relay);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#sampling;
    await Promise.all([this.node.puller.stop(), this.processor.stop()]);
    await this.node.simulated.stop();
    this.relay.close();
  }

  /** Of what has been seen until now. */
  get verdict(): Verdict {
    const [at, peaks] = [this.#samples.at(-1)?.at ?? 0, byMinute(this.#samples)];
    const what = `Graphite silent for ${(at / 1_000).toFixed(0)} s: RSS of its processor`;
    if (this.#samples.some(({ residentMiB }) => residentMiB === 0))
      return { notes: [], broken: [`${what}: it has ended; ${peaks}`] };
    if (at < leastMs) return { notes: [`${what}: ${peaks}; too early for a ratio`], broken: [] };
    const [base, end] = [secondMinute, { from: at - endMs, to: at }].map((span) => this.#median(span));
    const ratio = end! / base!;
    const told = `${what} ${base!.toFixed(0)} MiB in the second minute, ${end!.toFixed(0)} MiB at the end: ratio ${ratio.toFixed(2)}, ${mostGrowth} is allowed; ${peaks}`;
    return { notes: [told], broken: ratio <= mostGrowth ? [] : [told] };
  }

  #median({ from, to }: { readonly from: number; readonly to: number }): number {
    const some = this.#samples.filter(({ at }) => at >= from && at < to);
    return percentile(
      some.map(({ residentMiB }) => residentMiB),
      0.5,
    );
  }

  async #sample(): Promise<void> {
    const start = Date.now();
    while (!this.#isOver) {
      this.#samples.push({ at: Date.now() - start, residentMiB: await this.processor.residentMiB() });
      await sleep(1_000);
    }
  }
}

/** The largest of each minute. */
function byMinute(samples: readonly Sample[]): string {
  const minutes = Map.groupBy(samples, ({ at }) => Math.floor(at / 60_000));
  const peaks = [...minutes.values()].map((some) => Math.max(...some.map(({ residentMiB }) => residentMiB)));
  return `by minute at most ${peaks.map((peak) => peak.toFixed(0)).join(', ')} MiB`;
}
