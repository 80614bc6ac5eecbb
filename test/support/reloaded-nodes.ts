import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type HAProxyServer, type Servers } from '../harness';
import type { Said } from './direct-reader';
import { nodeNames } from './three-nodes';

const perNode = [1, 2] as const;

/** One of them, with a master that leads to its old workers. */
export interface Reloadable {
  readonly node: string;
  /** As in the names of its sockets. */
  readonly process: number;
  readonly port: number;
  readonly stats: string;
  readonly master: string;
}

/** Three load balancers with two HAProxy processes each, in master-worker mode. Connections stay with an old worker after a reload. */
export class ReloadedNodes {
  private constructor(
    readonly all: readonly Reloadable[],
    private readonly servers: readonly HAProxyServer[],
  ) {}

  static async start(servers: Servers, directory: string): Promise<ReloadedNodes> {
    const places = nodeNames.flatMap((node) => perNode.map((process) => ({ node, process })));
    const all: Reloadable[] = [];
    for (const { node, process } of places) {
      await mkdir(join(directory, node, 'masters'), { recursive: true });
      const stats = join(directory, node, `${process}.sock`);
      const master = join(directory, node, 'masters', `${process}.sock`);
      all.push({ node, process, stats, master, port: await freePort() });
    }
    const started = all.map((each) =>
      servers.haproxy({
        config: configuration(each),
        directory: join(directory, each.node),
        args: ['-W', '-S', `unix@${each.master},level,operator`],
      }),
    );
    return new ReloadedNodes(all, await Promise.all(started));
  }

  mastersOf(node: string): string[] {
    return this.all.filter((each) => each.node === node).map(({ master }) => master);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}

function configuration({ stats, port }: Reloadable): string {
  return `global
  nbthread 1
  close-spread-time infinite
  hard-stop-after 120s
  stats socket ${stats} mode 600 level user
defaults
  mode http
  timeout connect 1s
  timeout client 120s
  timeout server 1s
frontend web
  bind 127.0.0.1:${port}
  http-request return status 200
`;
}

/** A worker at a poll. */
interface Sight {
  readonly second: number;
  readonly requests: number;
  readonly isStopping: boolean;
}

/** In slots: what lies further apart is not compared. */
const reach = 3;

/** What the workers of one HAProxy said at the polls, as the pullers wrote it down. */
export class PolledWorkers {
  /** By pid, the oldest first. */
  readonly #lives: ReadonlyMap<string, readonly Sight[]>;

  constructor(replies: ReadonlyMap<number, ReadonlyMap<string, Said>>, { node, process }: Reloadable) {
    const isOwn = new RegExp(`^${node} .*/${process}\\.sock(@!\\d+)?$`);
    const seen = [...replies]
      .sort(([a], [b]) => a - b)
      .flatMap(([second, said]) =>
        [...said].filter(([name]) => isOwn.test(name)).map(([, of]) => ({ second, of })),
      );
    const byPid = Map.groupBy(seen, ({ of }) => of.info.get('Pid')!);
    this.#lives = new Map([...byPid].map(([pid, sights]) => [pid, sights.map(sightOf)]));
  }

  of(pid: string): readonly Sight[] {
    return this.#lives.get(pid) ?? [];
  }

  /** All that they had counted at the last poll of each. */
  get requests(): number {
    return [...this.#lives.values()].reduce((sum, sights) => sum + sights.at(-1)!.requests, 0);
  }

  /**
   * What is told of an interval in which a poll is missing is a mean over it, and the slots that are missing have none: so many requests
   * stand in no slot.
   */
  get averagedAway(): number {
    const polls = [...this.#lives.values()].flat().map(({ second }) => second);
    const before = (second: number) => Math.max(...polls.filter((each) => each < second));
    return [...this.#lives.values()].reduce((sum, sights) => {
      const parts = sights.map(({ second, requests }, i) => {
        const former = sights[i - 1];
        const slots = second - (former?.second ?? before(second));
        const counted = requests - (former?.requests ?? 0);
        return slots > reach ? counted : counted * (1 - 1 / slots);
      });
      return sum + parts.reduce((a, b) => a + b, 0);
    }, 0);
  }
}

function sightOf({ second, of }: { readonly second: number; readonly of: Said }): Sight {
  const requests = Number(of.rows.get('frontend.web')!.get('req_tot'));
  return { second, requests, isStopping: of.info.get('Stopping') === '1' };
}
