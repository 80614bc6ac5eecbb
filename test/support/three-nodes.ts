import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  eventually,
  freePort,
  type CarbonServer,
  type HAProxyServer,
  type KafkaServer,
  type RedisServer,
  type Servers,
} from '../harness';
import { readSocket, type Said } from './direct-reader';
import { Program } from './program';
import { SteadyLoad, type Target } from './steady-load';

/** What of the two processes of a node differs from the others. */
interface Differing {
  readonly threads: number;
  readonly maxconn: number;
  readonly perSecond: number;
  /** How long its requests take behind it, ms. */
  readonly delayMs: number;
}

/** Each process weighs otherwise, so that no mean, sum or maximum is right by accident. */
const processesOf: Readonly<Record<string, readonly Differing[]>> = {
  lb1: [
    { threads: 1, maxconn: 300, perSecond: 12, delayMs: 1 },
    { threads: 1, maxconn: 400, perSecond: 18, delayMs: 30 },
  ],
  lb2: [
    { threads: 2, maxconn: 500, perSecond: 8, delayMs: 60 },
    { threads: 1, maxconn: 600, perSecond: 14, delayMs: 5 },
  ],
  lb3: [
    { threads: 3, maxconn: 700, perSecond: 24, delayMs: 90 },
    { threads: 1, maxconn: 800, perSecond: 16, delayMs: 15 },
  ],
};

export const nodeNames = Object.keys(processesOf);

interface Node {
  readonly name: string;
  readonly haproxies: readonly HAProxyServer[];
}

interface Ports {
  readonly web: number;
  readonly origin: number;
  /** Nobody listens there. */
  readonly closed: number;
}

/** Three load balancers with two HAProxy processes each, what stands behind them, and what sends them requests. */
export class ThreeNodes {
  private constructor(
    private readonly nodes: readonly Node[],
    readonly load: SteadyLoad,
    private readonly origin: Server,
  ) {}

  static async start(servers: Servers, directory: string): Promise<ThreeNodes> {
    const origin = createServer((request, response) => {
      const [, ms] = /delay=(\d+)/.exec(request.url ?? '') ?? [];
      setTimeout(() => response.end('x'.repeat(100 + Number(ms))), Number(ms));
    });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const closed = await freePort();
    const targets: Target[] = [];
    const nodes = nodeNames.map(async (name): Promise<Node> => {
      await mkdir(join(directory, name));
      const haproxies = processesOf[name]!.map(async (differing, i) => {
        const web = await freePort();
        const { perSecond, delayMs } = differing;
        targets.push({ name: `${name}/${i + 1}`, port: web, perSecond, path: `/?delay=${delayMs}` });
        const ports = { web, closed, origin: (origin.address() as AddressInfo).port };
        const socket = `${directory}/${name}/${i + 1}.sock`;
        const config = configuration({ name, process: i + 1, socket, ports });
        return servers.haproxy({ config, directory: join(directory, name) });
      });
      return { name, haproxies: await Promise.all(haproxies) };
    });
    const started = await Promise.all(nodes);
    return new ThreeNodes(started, new SteadyLoad(targets), origin);
  }

  haproxiesOf(node: string): readonly HAProxyServer[] {
    return this.nodes.find(({ name }) => name === node)!.haproxies;
  }

  /** Node by node what each process says now, read from its socket. */
  async say(among: readonly string[] = nodeNames): Promise<Said[][]> {
    const those = this.nodes.filter(({ name }) => among.includes(name));
    return Promise.all(
      those.map(({ haproxies }) => Promise.all(haproxies.map(({ sockets }) => readSocket(sockets[0]!)))),
    );
  }

  async stop(): Promise<void> {
    await this.load.stop();
    this.load.end();
    this.origin.close();
    this.origin.closeAllConnections();
  }
}

interface ProcessFacts {
  readonly name: string;
  readonly process: number;
  readonly socket: string;
  readonly ports: Ports;
}

/** The same on all nodes but for numbers; `s3` stands on `lb3` only, and one process of `lb1` sees `spare` down. */
function configuration({ name, process, socket, ports: { web, origin, closed } }: ProcessFacts): string {
  const { threads, maxconn } = processesOf[name]![process - 1]!;
  const spare = name === 'lb1' && process === 1 ? closed : origin;
  return `
global
  nbthread ${threads}
  maxconn ${maxconn}
  stats socket ${socket} mode 600 level user
defaults
  mode http
  option http-server-close
  timeout connect 2s
  timeout client 60s
  timeout server 10s
frontend web
  bind 127.0.0.1:${web}
  ${name === 'lb2' ? '' : `rate-limit sessions ${maxconn}`}
  http-request deny deny_status 404 if { rand(10) eq 0 }
  default_backend app
backend app
  server s1 127.0.0.1:${origin} weight ${process * 10} maxconn ${maxconn / 10}
  server s2 127.0.0.1:${origin} weight 20 ${name === 'lb1' ? '' : 'maxconn 40'}
  ${name === 'lb3' ? `server s3 127.0.0.1:${origin} weight 5` : ''}
  server spare 127.0.0.1:${spare} backup check inter 1s fall 1
`;
}

export interface Around {
  readonly kafka: KafkaServer;
  readonly redis: RedisServer;
  readonly carbon: CarbonServer;
}

export interface PipelineOptions {
  /** The CLIs of the masters of a node's processes; absent: none are polled. */
  readonly mastersOf?: (node: string) => readonly string[];
}

/** The pullers of the nodes, and two processors, which call themselves by their ports to the brokers. */
export class Pipeline {
  readonly pullers = new Map<string, Program>();
  readonly processors = new Map<number, Program>();

  private constructor(
    private readonly directory: string,
    private readonly around: Around,
    private readonly options: PipelineOptions,
  ) {}

  static async start(directory: string, around: Around, options: PipelineOptions = {}): Promise<Pipeline> {
    const pipeline = new Pipeline(directory, around, options);
    const ports = [await freePort(), await freePort()];
    const file = await pipeline.#configure('lb1', ports[0]!);
    const topics = Program.start('haproxystats', 'topics', '-f', file);
    if ((await topics.exited) !== 0) throw new Error(topics.tail());
    for (const port of ports) await pipeline.startProcessor(port);
    for (const name of nodeNames) await pipeline.startPuller(name);
    return pipeline;
  }

  async startPuller(node: string): Promise<void> {
    this.pullers.set(node, Program.start('pull', '-f', await this.#configure(node, 0)));
  }

  async startProcessor(port: number): Promise<void> {
    this.processors.set(port, Program.start('process', '-f', await this.#configure('lb1', port)));
  }

  /** The port of the processor that has emitted complete slots of the cluster, as it says itself. */
  owner(): Promise<number> {
    return eventually(async () => {
      for (const port of this.processors.keys()) {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        if (/cluster_frames_total\{coverage="complete"\} [1-9]/.test(text)) return port;
      }
      throw new Error('no processor says that it has emitted a cluster');
    });
  }

  get programs(): Program[] {
    return [...this.pullers.values(), ...this.processors.values()];
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop('SIGKILL')));
  }

  async #configure(node: string, statusPort: number): Promise<string> {
    const { kafka, redis, carbon } = this.around;
    const file = join(this.directory, `${node}-${statusPort}.conf`);
    const masters = this.options.mastersOf?.(node).map((path) => `unix://${path}`) ?? [];
    await writeFile(
      file,
      `[paths]
base-dir = ${this.directory}/base-${node}
[pull]
node = ${node}
socket-dir = ${this.directory}/${node}
${masters.length > 0 ? `master-socket = ${masters.join(', ')}` : ''}
pull-interval = 1
pull-timeout = 0.8
status-port = 0
[process]
roles = node, cluster, graphite, kafka
status-port = ${statusPort}
[cluster]
name = eu
inventory = ${nodeNames.join(', ')}
[kafka]
brokers = ${kafka.brokers.join(',')}
client-id = ${statusPort}
session-timeout = 6
[redis]
url = ${redis.url}
[graphite]
server = ${carbon.host}
port = ${carbon.port}
interval = 0.2
[results]
format = json
`,
    );
    return file;
  }
}
