import { Agent } from 'node:http';
import type { Clock, Logger } from '@haproxystats/runtime';
import { seededRandom } from '../seeded-random';
import type { Site } from '../site';
import { deniedPath } from './haproxy-config';
import type { SitePage } from './pages';
import { httpVisit, tcpVisit } from './visits';

export interface TrafficOptions {
  readonly site: Site;
  readonly pages: readonly SitePage[];
  /** Of the frontends, by name. */
  readonly ports: ReadonlyMap<string, number>;
  readonly perSecond: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface VisitKind {
  readonly weight: number;
  readonly visit: () => Promise<void>;
}

/** At most so many visits at a time; beyond, visitors stay away. */
const mostVisits = 64;

/** Visitors of the demo's site: about `perSecond` requests, half of them over connections of their own. */
export class Traffic {
  readonly #stopped = new AbortController();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 4 });
  readonly #random = seededRandom(7);
  readonly #visits = new Set<Promise<void>>();
  readonly #kinds: readonly VisitKind[];
  readonly #totalWeight: number;
  readonly #ended: Promise<void>;

  constructor(private readonly options: TrafficOptions) {
    this.#kinds = [...this.#pageVisits(), ...this.#oddVisits()];
    this.#totalWeight = this.#kinds.reduce((sum, { weight }) => sum + weight, 0);
    this.#ended = this.#run();
  }

  /** Resolves when the last visit has ended and every connection is closed. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#ended;
    await Promise.all(this.#visits);
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    const { clock, perSecond } = this.options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (this.#visits.size < mostVisits) this.#begin(this.#pick());
      await clock.sleep((1000 / perSecond) * (0.5 + this.#random()), signal);
    }
  }

  #begin({ visit }: VisitKind): void {
    const running = visit()
      .catch((error: unknown) => this.options.logger.debug({ err: error }, 'demo: a visit failed'))
      .finally(() => this.#visits.delete(running));
    this.#visits.add(running);
  }

  #pick(): VisitKind {
    let rest = this.#random() * this.#totalWeight;
    return this.#kinds.find(({ weight }) => (rest -= weight) < 0) ?? this.#kinds[0]!;
  }

  #pageVisits(): VisitKind[] {
    return this.options.pages.map(({ frontend, url, page: { method, weight } }) => ({
      weight,
      visit: () =>
        httpVisit({
          port: this.#portOf(frontend),
          method,
          url,
          ...(this.#random() < 0.5 ? { agent: this.#agent } : {}),
        }),
    }));
  }

  /** Visits that go wrong, and those of TCP proxies. */
  #oddVisits(): VisitKind[] {
    return this.options.site.flatMap(({ name, mode }) => {
      const port = this.#portOf(name);
      if (mode === 'tcp')
        return [{ weight: 6, visit: () => tcpVisit(port, 'x'.repeat(100 + this.#random() * 2000)) }];
      return [
        { weight: 1, visit: () => httpVisit({ port, method: 'GET', url: deniedPath }) },
        { weight: 0.5, visit: () => tcpVisit(port, 'NO REQUEST AT ALL\r\n\r\n') },
        { weight: 0.5, visit: () => httpVisit({ port, method: 'GET', url: '/search', leaveAfterMs: 20 }) },
      ];
    });
  }

  #portOf(frontend: string): number {
    return this.options.ports.get(frontend)!;
  }
}
