import { join } from 'node:path';
import type { Clock, Logger } from '@haproxystats/runtime';
import type { Site } from '../site';
import { servedPattern } from './request-pattern';
import { SimulatedProcess } from './simulated-process';
import { StatsSocketServer } from './stats-socket-server';

export interface SimulatorOptions {
  readonly site: Site;
  readonly processes: number;
  /** Where the stats sockets go, one for each process; must exist. */
  readonly socketDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The same seed tells the same story. */
  readonly seed?: number;
}

/** The processes look as if they had been running for ten minutes. */
const ageSeconds = 600;

/** Stands in for HAProxy processes: answers on their stats sockets with counters that move. Serves no traffic. */
export class Simulator {
  readonly #servers: readonly StatsSocketServer[];
  readonly #startedAt: number;
  #frozenAt: number | undefined;

  private constructor(private readonly options: SimulatorOptions) {
    const { site, processes, seed = 1, clock } = options;
    const pattern = servedPattern(seed);
    const startedAtSeconds = Math.floor(clock.wall() / 1000) - ageSeconds;
    this.#startedAt = clock.monotonic();
    this.#servers = Array.from({ length: processes }, (_, index) =>
      this.#serverOf(
        new SimulatedProcess({ site, number: index + 1, seed, pattern, startedAtSeconds }),
        index + 1,
      ),
    );
  }

  /** Resolves when every socket listens; rejects, with nothing left open, when one cannot. */
  static async start(options: SimulatorOptions): Promise<Simulator> {
    const simulator = new Simulator(options);
    try {
      for (const server of simulator.#servers) await server.listen();
    } catch (error) {
      await simulator.close();
      throw error;
    }
    return simulator;
  }

  get sockets(): readonly string[] {
    return this.#servers.map(({ path }) => path);
  }

  /** Nothing moves any more: every answer from now on is the same. */
  freeze(): void {
    this.#frozenAt ??= this.#uptimeSeconds();
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #uptimeSeconds(): number {
    return this.#frozenAt ?? ageSeconds + (this.options.clock.monotonic() - this.#startedAt) / 1000;
  }

  #serverOf(process: SimulatedProcess, number: number): StatsSocketServer {
    const { socketDirectory, logger } = this.options;
    return new StatsSocketServer({
      path: join(socketDirectory, `simulator-${number}.sock`),
      source: () => {
        const now = this.#uptimeSeconds();
        return { info: () => process.infoAt(now), stat: () => process.statAt(now) };
      },
      logger,
    });
  }
}
