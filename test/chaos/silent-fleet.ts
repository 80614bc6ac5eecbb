import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './oracle/percentile';
import type { Verdict } from './row';
import { startBrokers, type Brokers } from './world/brokers';
import { startNode, type Node } from './world/node';
import type { Part } from './world/part';
import { makeTopics, startProcessor } from './world/programs';
import type { World } from './world/world';

/** By so much the memory may grow from the second minute to the last half one, by their medians: it goes up and down with the garbage. */
const mostGrowth = 1.3;
const endMs = 30_000;
const secondMinute = { from: 60_000, to: 120_000 };
const leastMs = secondMinute.to + endMs;
const keyPrefix = 'silent';
const size = { backends: 10, servers: 5 };
/** Nobody asks for them again. */
const answers = { give: ({ info }: { readonly info: string }) => info };

interface Sample {
  /** ms since the start. */
  readonly at: number;
  readonly residentMiB: number;
}

/**
 * A processor with a broker of its own, whose relay takes connections and never a byte, from the start of the suite to its end: how much
 * memory it takes. What befalls the others does not touch it, for a broker that comes back leaves its traces in the memory too.
 */
export class SilentFleet {
  readonly #samples: Sample[] = [];
  readonly #sampling: Promise<void>;
  #isOver = false;

  private constructor(
    private readonly relay: Server,
    private readonly brokers: Brokers,
    private readonly programs: { readonly node: Node; readonly processor: Part },
  ) {
    this.#sampling = this.#sample();
  }

  static async start({ redis }: World): Promise<SilentFleet> {
    const relay = createServer({ pauseOnConnect: true }, (socket) => socket.on('error', () => undefined));
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const own = await startBrokers(1);
    const brokers = own.straight;
    await makeTopics(brokers);
    const place = { node: 'silent', cluster: 'silent', processes: 4, seed: 99, answers, size };
    const node = await startNode({ ...place, brokers });
    const processor = await startProcessor('silent processor', {
      ...{ brokers, keyPrefix, redisPort: redis.proxy.port },
      relayPort: (relay.address() as AddressInfo).port,
    });
    return new SilentFleet(relay, own, { node, processor });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#sampling;
    const { node, processor } = this.programs;
    await Promise.all([node.puller, processor, ...this.brokers.parts].map((part) => part.stop()));
    await Promise.all(this.brokers.proxies.map((proxy) => proxy.close()));
    await node.simulated.stop();
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
      this.#samples.push({
        at: Date.now() - start,
        residentMiB: await this.programs.processor.residentMiB(),
      });
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
