import { setTimeout as sleep } from 'node:timers/promises';
import { NativeServers } from '../../harness/native/native-servers';
import { makeServerDirectory } from '../../harness/run-directory';
import { unmountSmallDisk } from '../../support/small-disk';
import { Answers } from '../oracle/answers';
import { spooledTexts } from '../oracle/spooled';
import { startBrokers, type Brokers } from './brokers';
import { CuttableProxy } from './cuttable-proxy';
import { startNode, type Node } from './node';
import { Part, type Kill, type PartKind } from './part';
import { makeTopics, startProcessor } from './programs';
import { Relay } from './relay';

export interface WorldOptions {
  readonly brokers: number;
  readonly processors: number;
  readonly nodes: number;
  readonly forgetfulRelay: boolean;
}

/** Clusters that share no partition of the frames, and how many processes a node has; nodes take them in turn. */
const clusters = [
  { cluster: 'north', processes: 4 },
  { cluster: 'east', processes: 3 },
  { cluster: 'south', processes: 2 },
] as const;

/** The node whose spool lies on a disk of its own, where one can be mounted. */
const smallDiskNode = 2;
const supervisedEveryMs = 300;

interface RedisPart {
  readonly part: Part;
  readonly url: string;
  readonly proxy: CuttableProxy;
}

/** All that runs, and what has befallen it. */
export class World {
  readonly answers = new Answers();
  readonly kills: Kill[] = [];
  readonly nodes: Node[] = [];
  readonly processors: Part[] = [];
  readonly stores: string[] = [];
  /** Rejects when a process that ended by itself cannot be started again. */
  readonly failure: Promise<never>;
  #stopped = false;
  #joined = 0;

  private constructor(
    readonly brokers: Brokers,
    readonly redis: RedisPart,
    readonly relay: Relay,
  ) {
    this.failure = this.#supervise();
    this.failure.catch(() => undefined);
  }

  /** Resolves when everything runs; topics are there, groups may still be joining. */
  static async start({ brokers, processors, nodes, forgetfulRelay }: WorldOptions): Promise<World> {
    const [cluster, redis, relay] = await Promise.all([
      startBrokers(brokers),
      startRedis(),
      Relay.start({ forgetful: forgetfulRelay }),
    ]);
    const world = new World(cluster, redis, relay);
    await makeTopics(world.brokers.straight);
    await Promise.all(Array.from({ length: nodes }, () => world.join()));
    for (let i = 1; i <= processors; i++) await world.#startProcessor(`processor ${i}`);
    return world;
  }

  get parts(): readonly Part[] {
    const pullers = this.nodes.map(({ puller }) => puller);
    return [...this.brokers.parts, this.redis.part, this.relay.part, ...pullers, ...this.processors];
  }

  partsOf(kind: PartKind): Part[] {
    return this.parts.filter((part) => part.kind === kind);
  }

  /** The proxies between the processors and everything else. */
  get proxies(): readonly CuttableProxy[] {
    return [...this.brokers.proxies, this.redis.proxy, this.relay.proxy];
  }

  async kill(part: Part): Promise<void> {
    this.kills.push(await part.kill());
    const node = this.nodes.find(({ puller }) => puller === part);
    if (!node) return;
    for (const text of await spooledTexts(node.spool)) this.answers.spooled(text);
  }

  /** One node more, of which nobody has heard before. */
  async join(): Promise<void> {
    const number = ++this.#joined;
    const { cluster, processes } = clusters[(number - 1) % clusters.length]!;
    const node = await startNode({
      ...{ cluster, node: `lb${number}.chaos`, processes, seed: number, answers: this.answers },
      ...{ brokers: this.brokers.straight, wantsSmallDisk: number === smallDiskNode },
    });
    this.nodes.push(node);
  }

  /** Everything runs, everything is reached, and every clock is right. */
  async heal(): Promise<void> {
    for (const proxy of this.proxies) proxy.heal();
    await Promise.all(this.parts.map((part) => part.heal()));
    for (const { simulated, clock } of this.nodes) {
      clock.set(0);
      for (const index of simulated.sockets.keys()) await simulated.comeBack(index);
    }
  }

  /** Kills everything; a second call does nothing. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.parts.map((part) => part.stop()));
    for (const { spool, hasSmallDisk } of this.nodes) if (hasSmallDisk) unmountSmallDisk(spool);
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await Promise.all(this.nodes.map(({ simulated }) => simulated.stop()));
  }

  async #supervise(): Promise<never> {
    while (!this.#stopped) {
      await Promise.all(this.parts.map((part) => part.supervise()));
      await sleep(supervisedEveryMs);
    }
    return new Promise(() => undefined);
  }

  async #startProcessor(name: string): Promise<void> {
    const store = await makeServerDirectory('store');
    const part = await startProcessor(name, {
      ...{ brokers: this.brokers.cuttable, store },
      redisPort: this.redis.proxy.port,
      relayPort: this.relay.proxy.port,
    });
    this.processors.push(part);
    this.stores.push(store);
  }
}

async function startRedis(): Promise<RedisPart> {
  const server = await new NativeServers().redis();
  const { hostname: host, port } = new URL(server.url);
  const proxy = await CuttableProxy.start({ host, port: Number(port) });
  return { part: new Part('redis', 'redis', server), url: server.url, proxy };
}
