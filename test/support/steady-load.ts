import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Who is sent requests, and how many in a second. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly perSecond: number;
  readonly path: string;
}

/** What may be unanswered of one target; what is due beyond that is left out. */
const maxOpen = 50;

/**
 * Sends to each target so many requests in a second, by the clock: what was due while the machine was busy is sent as soon as it can be. One
 * that is dead gets its requests as well. Its connections are kept, also while it is not sending.
 */
export class SteadyLoad {
  /** By target, when requests were sent, answered or not: seconds since the epoch. */
  readonly #sent: ReadonlyMap<string, number[]>;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #isStopping = true;
  #running: Promise<void>[] = [];

  constructor(private readonly targets: readonly Target[]) {
    this.#sent = new Map(targets.map(({ name }) => [name, []]));
  }

  start(): void {
    this.#isStopping = false;
    this.#running = this.targets.map((target) => this.#send(target));
  }

  /** Resolves when no request is unanswered any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  end(): void {
    this.#agent.destroy();
  }

  /** How many were sent from one second to another, to all targets or those of which `isMeant` says so. */
  countSent(from: number, to: number, isMeant?: (name: string) => boolean): number {
    const times = [...this.#sent].flatMap(([name, all]) => (isMeant?.(name) === false ? [] : all));
    return times.filter((at) => at >= from && at <= to).length;
  }

  async #send(target: Target): Promise<void> {
    const open = new Set<Promise<void>>();
    const begun = performance.now();
    for (let sent = 0; !this.#isStopping; sent++) {
      const wait = (sent * 1_000) / target.perSecond - (performance.now() - begun);
      if (wait > 0) await pause(wait);
      if (open.size >= maxOpen) continue;
      this.#sent.get(target.name)!.push(Date.now() / 1_000);
      const asked: Promise<void> = this.#ask(target).finally(() => open.delete(asked));
      open.add(asked);
    }
    await Promise.all(open);
  }

  #ask({ port, path }: Target): Promise<void> {
    return new Promise((resolve) => {
      request({ agent: this.#agent, host: '127.0.0.1', port, path }, (response) => {
        response.once('close', resolve).resume();
      })
        .once('error', () => resolve())
        .end();
    });
  }
}
