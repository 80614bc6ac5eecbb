import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '@haproxystats/runtime';
import { healthAt } from '../outages';
import type { Site } from '../site';
import { freePorts } from './free-ports';
import type { Guard } from '../guard';
import { haproxyConfig, type SitePorts } from './haproxy-config';
import { HaproxyProcess, HaproxyStartError } from './haproxy-process';
import { Origins } from './origins';
import { pagesOf, type SitePage } from './pages';
import { Traffic } from './traffic';

export interface HaproxyFleetOptions {
  readonly binary: string;
  readonly site: Site;
  readonly processes: number;
  /** For configurations; must exist, as must the one for the stats sockets. */
  readonly directory: string;
  readonly socketDirectory: string;
  readonly requestsPerSecond: number;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The last server of the first backend goes down and comes back. */
const outages = { everySeconds: 60, afterSeconds: 20, forSeconds: 14 };
/** A port that was free a moment ago may be taken by now. */
const attempts = 3;

/** Independent HAProxy processes that share their ports, the servers behind them, and visitors. */
export class HaproxyFleet {
  readonly #pages: readonly SitePage[];
  readonly #startedAt: number;
  readonly #processes: HaproxyProcess[] = [];
  #origins: Origins | undefined;
  #traffic: Traffic | undefined;
  #quietSince: number | undefined;

  private constructor(private readonly options: HaproxyFleetOptions) {
    this.#pages = pagesOf(options.site);
    this.#startedAt = options.clock.monotonic();
  }

  /** Resolves when every process answers and visitors come; rejects with nothing left running. */
  static async start(options: HaproxyFleetOptions): Promise<HaproxyFleet> {
    const fleet = new HaproxyFleet(options);
    try {
      await fleet.#start();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** No visitor any more, and servers keep their state: counters of traffic stand still. */
  async stopTraffic(): Promise<void> {
    this.#quietSince ??= this.options.clock.monotonic();
    await this.#traffic?.stop();
  }

  async stop(): Promise<void> {
    await this.stopTraffic();
    await this.#stopProcesses();
    await this.#origins?.close();
  }

  async #start(): Promise<void> {
    const { site, clock, logger, requestsPerSecond } = this.options;
    const pages = this.#pages;
    this.#origins = await Origins.start({ site, pages, clock, logger, isDown: (name) => this.#isDown(name) });
    const { frontends } = await this.#startProcesses(this.#origins.ports);
    this.#traffic = new Traffic({
      site,
      pages,
      ports: frontends,
      perSecond: requestsPerSecond,
      clock,
      logger,
    });
  }

  async #startProcesses(servers: ReadonlyMap<string, number>): Promise<SitePorts> {
    const { site, logger } = this.options;
    for (let attempt = 1; ; attempt++) {
      const free = await freePorts(site.length);
      const ports = { servers, frontends: new Map(site.map(({ name }, index) => [name, free[index]!])) };
      try {
        await this.#startProcessesOn(ports);
        return ports;
      } catch (error) {
        await this.#stopProcesses();
        if (!(error instanceof HaproxyStartError) || attempt === attempts) throw error;
        logger.debug({ err: error, attempt }, 'demo: haproxy did not start, trying other ports');
      }
    }
  }

  async #startProcessesOn(ports: SitePorts): Promise<void> {
    const { site, directory, socketDirectory, binary, guard, clock, logger } = this.options;
    for (let number = 1; number <= this.options.processes; number++) {
      const socket = join(socketDirectory, `haproxy-${number}.sock`);
      const configFile = join(directory, `haproxy-${number}.cfg`);
      await writeFile(configFile, haproxyConfig({ site, ports, socket, node: `demo-${number}` }));
      this.#processes.push(await HaproxyProcess.start({ binary, configFile, socket, guard, clock, logger }));
    }
  }

  async #stopProcesses(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((process) => process.stop()));
  }

  #isDown(server: string): boolean {
    const first = this.options.site[0]?.backends[0]?.servers ?? [];
    const seconds = ((this.#quietSince ?? this.options.clock.monotonic()) - this.#startedAt) / 1000;
    return first.length > 1 && server === first.at(-1) && !healthAt(seconds, outages).up;
  }
}
