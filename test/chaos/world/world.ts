import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeServers } from '../../harness/native/native-servers';
import { makeServerDirectory } from '../../harness/run-directory';
import { canMountSmallDisk, mountSmallDisk, unmountSmallDisk } from '../../support/small-disk';
import { Program } from '../../support/program';
import { Answers } from '../oracle/answers';
import { startBrokers, type Brokers } from './brokers';
import { configureProcessor } from './configurations';
import { CuttableProxy } from './cuttable-proxy';
import { Part, type Kill, type PartKind } from './part';
import { startProcessor, startPuller } from './programs';
import { Relay } from './relay';
import { SimulatedNode } from './simulated-node';

export interface WorldOptions {
  readonly brokers: number;
  readonly processors: number;
  readonly forgetfulRelay: boolean;
}

/** Nodes, in clusters of their own so that their frames do not share a partition, and their processes. */
const nodeRows = [
  { cluster: 'north', node: 'lb1.chaos', processes: 4 },
  { cluster: 'east', node: 'lb2.chaos', processes: 3 },
  { cluster: 'south', node: 'lb3.chaos', processes: 2 },
] as const;

/** The node whose spool lies on a disk of its own, where one can be mounted. */
const smallDiskNode = 1;
const supervisedEveryMs = 300;

/** A node of the suite: what it simulates, its puller, and where that spools. */
export interface Node {
  readonly cluster: string;
  readonly name: string;
  readonly simulated: SimulatedNode;
  readonly puller: Part;
  readonly spool: string;
  /** Whether the spool lies on a disk of its own, small enough to be filled. */
  readonly hasSmallDisk: boolean;
}

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

  private constructor(
    readonly brokers: Brokers,
    readonly redis: RedisPart,
    readonly relay: Relay,
  ) {
    this.failure = this.#supervise();
    this.failure.catch(() => undefined);
  }

  /** Resolves when everything runs; topics are there, groups may still be joining. */
  static async start({ brokers, processors, forgetfulRelay }: WorldOptions): Promise<World> {
    const [cluster, redis, relay] = await Promise.all([
      startBrokers(brokers),
      startRedis(),
      Relay.start({ forgetful: forgetfulRelay }),
    ]);
    const world = new World(cluster, redis, relay);
    await world.#makeTopics();
    for (const [i, row] of nodeRows.entries()) world.nodes.push(await world.#startNode(row, i));
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
  }

  /** Everything runs, and everything is reached. */
  async heal(): Promise<void> {
    for (const proxy of this.proxies) proxy.heal();
    await Promise.all(this.parts.map((part) => part.heal()));
    for (const { simulated } of this.nodes)
      for (const index of simulated.sockets.keys()) await simulated.comeBack(index);
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

  async #makeTopics(): Promise<void> {
    const directory = await makeServerDirectory('topics');
    const file = await configureProcessor({
      ...{ directory, statusPort: 0, brokers: this.brokers.straight },
      ...{ redisPort: 1, relayPort: 1, store: join(directory, 'store') },
    });
    const topics = Program.start('haproxystats', 'topics', '-f', file);
    if ((await topics.exited) !== 0) throw new Error(`the topics cannot be made: ${topics.tail()}`);
  }

  async #startNode({ cluster, node, processes }: (typeof nodeRows)[number], seed: number): Promise<Node> {
    const directory = await makeServerDirectory('node');
    const spool = join(directory, 'spool');
    await mkdir(spool);
    const hasSmallDisk = seed === smallDiskNode && canMountSmallDisk() && mountSmallDisk(spool);
    const { answers } = this;
    const simulated = await SimulatedNode.start({ node, processes, directory, seed: seed + 1, answers });
    const { sockets } = simulated;
    const puller = await startPuller({ cluster, node, sockets, spool, brokers: this.brokers.straight });
    return { cluster, name: node, simulated, puller, spool, hasSmallDisk };
  }

  async #startProcessor(name: string): Promise<void> {
    const { part, store } = await startProcessor(name, {
      brokers: this.brokers.cuttable,
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
