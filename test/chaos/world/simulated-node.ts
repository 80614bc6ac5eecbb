import { join } from 'node:path';
import { silentLogger } from '@haproxystats/runtime';
import { siteOf } from '../../../apps/haproxystats/src/demo/site';
import { servedPattern } from '../../../apps/haproxystats/src/demo/simulator/request-pattern';
import { SimulatedProcess } from '../../../apps/haproxystats/src/demo/simulator/simulated-process';
import { StatsSocketServer } from '../../../apps/haproxystats/src/demo/simulator/stats-socket-server';
import type { Answers } from '../oracle/answers';
import type { NodeClock } from './node-clock';

/** Backends, and servers of each. */
export interface NodeSize {
  readonly backends: number;
  readonly servers: number;
}

export interface SimulatedNodeOptions {
  readonly node: string;
  readonly processes: number;
  readonly size: NodeSize;
  /** For the sockets. */
  readonly directory: string;
  readonly seed: number;
  /** Hears of every answer before it is sent. */
  readonly answers: Pick<Answers, 'give'>;
  readonly clock: NodeClock;
}

const ageSeconds = 600;

/** HAProxy processes that exist only as stats sockets, whose counters go up; each of them can go and come back. */
export class SimulatedNode {
  readonly sockets: readonly string[];
  readonly #servers: (StatsSocketServer | undefined)[];
  readonly #processes: readonly SimulatedProcess[];
  readonly #startedAt = Date.now() / 1000 - ageSeconds;

  private constructor(private readonly options: SimulatedNodeOptions) {
    const { processes, size, directory, seed } = options;
    const site = siteOf(size);
    const pattern = servedPattern(seed);
    const startedAtSeconds = Math.floor(this.#startedAt);
    const numbers = Array.from({ length: processes }, (_, i) => i + 1);
    this.sockets = numbers.map((number) => join(directory, `${number}.sock`));
    this.#servers = numbers.map(() => undefined);
    this.#processes = numbers.map(
      (number) => new SimulatedProcess({ site, number, seed, pattern, startedAtSeconds }),
    );
  }

  static async start(options: SimulatedNodeOptions): Promise<SimulatedNode> {
    const node = new SimulatedNode(options);
    for (const index of node.sockets.keys()) await node.comeBack(index);
    return node;
  }

  /** The process is gone, and its socket with it. */
  async leave(index: number): Promise<void> {
    await this.#servers[index]?.close();
    this.#servers[index] = undefined;
  }

  async comeBack(index: number): Promise<void> {
    if (this.#servers[index]) return;
    const source = () => this.#answerOf(index);
    const server = new StatsSocketServer({ path: this.sockets[index]!, source, logger: silentLogger });
    this.#servers[index] = server;
    await server.listen();
  }

  async stop(): Promise<void> {
    for (const index of this.sockets.keys()) await this.leave(index);
  }

  #answerOf(index: number): { info: () => string; stat: () => string } {
    const { node, answers, clock } = this.options;
    const process = this.#processes[index]!;
    const uptime = Date.now() / 1000 - this.#startedAt;
    const stat = process.statAt(uptime);
    const given = { node, process: this.sockets[index]!, stat };
    const info = () => answers.give({ ...given, info: process.infoAt(uptime), skewMs: clock.aheadMs });
    return { info, stat: () => stat };
  }
}
