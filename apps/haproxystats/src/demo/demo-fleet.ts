import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Logger } from '@haproxystats/runtime';
import { findHaproxy, type FoundHaproxy } from './haproxy/find-haproxy';
import { Guard } from './guard';
import { HaproxyFleet } from './haproxy/haproxy-fleet';
import { Simulator } from './simulator/simulator';
import { backendsOf, defaultSize, siteOf, type Site, type SiteSize } from './site';

export interface DemoFleetOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many HAProxy processes serve the site as one node; 2 by default. */
  readonly processes?: number;
  readonly size?: SiteSize;
  /** Where the fleet makes a directory of its own, removed again by `stop`; the system's place for such by default. */
  readonly directory?: string;
  /** Looked for by default; `false`: the simulator. */
  readonly haproxyBinary?: string | false;
  /** Of the visitors of real HAProxy processes; 50 by default. */
  readonly requestsPerSecond?: number;
  /** Of the simulator. */
  readonly seed?: number;
}

/** HAProxy processes to be polled, or what stands in for them. */
export interface DemoFleet {
  readonly kind: 'haproxy' | 'simulator';
  /** Which of the two, and why: for the screen. */
  readonly description: string;
  readonly socketDirectory: string;
  readonly processes: number;
  /** Of real HAProxy processes; the simulator has none. */
  readonly pids: readonly number[];
  readonly frontends: readonly string[];
  readonly backends: readonly string[];
  /** All names, each once: a `listen` section is a frontend and a backend. */
  readonly proxies: readonly string[];
  /** Counters stand still from then on. */
  stopTraffic(): Promise<void>;
  /** No process, socket or file is left. Can be called again. */
  stop(): Promise<void>;
}

/** Beyond, a demo with real processes is too much for one machine. */
const mostProcesses = { haproxy: 16, simulator: 64 };
const mostRealServers = 100;
/** Of the path of a stats socket: HAProxy's own limit less the name it binds at first. */
const longestPath = 90;

type Engine = Pick<DemoFleet, 'kind' | 'description' | 'pids' | 'stopTraffic' | 'stop'>;

interface Plan extends DemoFleetOptions {
  readonly site: Site;
  readonly processes: number;
  readonly root: string;
  readonly socketDirectory: string;
  readonly guard: Guard;
}

/** Starts what `npm start` shows when there is no HAProxy to poll. Rejects when even the simulator cannot start. */
export async function startDemoFleet(options: DemoFleetOptions): Promise<DemoFleet> {
  const { processes = 2, size = defaultSize, logger } = options;
  if (!Number.isInteger(processes) || processes < 1 || processes > mostProcesses.simulator)
    throw new RangeError(
      `demo: processes must be a whole number from 1 to ${mostProcesses.simulator}, not ${processes}`,
    );
  const site = siteOf(size);
  const root = await mkdtemp(join(options.directory ?? tmpdir(), 'haproxystats-demo-'));
  const guard = new Guard({ directory: root, logger });
  const plan = { ...options, site, processes, root, socketDirectory: join(root, 'sockets'), guard };
  try {
    return fleetOf(plan, await startEngine(plan));
  } catch (error) {
    await cleanUp(plan);
    throw error;
  }
}

async function startEngine(plan: Plan): Promise<Engine> {
  const longest = join(plan.socketDirectory, `simulator-${plan.processes}.sock`);
  if (Buffer.byteLength(longest) > longestPath)
    throw new Error(`demo: ${longest} is too long for a socket: set TMPDIR to a shorter directory`);
  await mkdir(plan.socketDirectory);
  const haproxy = await usableHaproxy(plan);
  if (typeof haproxy === 'string') return startSimulator(plan, haproxy);
  try {
    return await startHaproxy(plan, haproxy);
  } catch (error) {
    plan.logger.warn({ err: error }, 'demo: haproxy did not start, the simulator stands in');
    await removeSockets(plan);
    return startSimulator(plan, `${haproxy.binary} did not start (see the log)`);
  }
}

/** The HAProxy to start, or the reason why there is none. */
async function usableHaproxy({ haproxyBinary, site, processes }: Plan): Promise<FoundHaproxy | string> {
  const servers = backendsOf(site).reduce((sum, backend) => sum + backend.servers.length, 0);
  if (haproxyBinary === false) return 'it was asked for';
  if (servers > mostRealServers) return `${servers} servers are too many for a demo with real ones`;
  if (processes > mostProcesses.haproxy)
    return `${processes} processes are too many for a demo with real ones`;
  const found = await findHaproxy(haproxyBinary === undefined ? undefined : [haproxyBinary]);
  return (
    found ??
    (haproxyBinary ? `${haproxyBinary} is no haproxy that runs here` : 'no haproxy is installed here')
  );
}

async function startHaproxy(plan: Plan, { binary, version }: FoundHaproxy): Promise<Engine> {
  const { processes, requestsPerSecond = 50, root } = plan;
  const fleet = await HaproxyFleet.start({ ...plan, binary, directory: root, requestsPerSecond });
  return {
    kind: 'haproxy',
    description: `${processesText(processes, `real HAProxy ${version}`)}, started for this demo, with about ${requestsPerSecond} requests/s of made-up traffic`,
    get pids() {
      return fleet.pids;
    },
    stopTraffic: () => fleet.stopTraffic(),
    stop: () => fleet.stop(),
  };
}

async function startSimulator(plan: Plan, reason: string): Promise<Engine> {
  const simulator = await Simulator.start(plan);
  return {
    kind: 'simulator',
    description: `a built-in simulator of ${processesText(plan.processes, 'HAProxy')}, because ${reason}: its counters move, but no traffic flows`,
    pids: [],
    stopTraffic: () => {
      simulator.freeze();
      return Promise.resolve();
    },
    stop: () => simulator.close(),
  };
}

/** HAProxy leaves its sockets behind, and whoever polls the directory would take them for processes. */
async function removeSockets({ socketDirectory }: Plan): Promise<void> {
  await rm(socketDirectory, { recursive: true });
  await mkdir(socketDirectory);
}

function processesText(count: number, what: string): string {
  return `${count} ${what} process${count === 1 ? '' : 'es'}`;
}

function fleetOf(plan: Plan, engine: Engine): DemoFleet {
  const { site, processes, socketDirectory } = plan;
  const frontends = site.map(({ name }) => name);
  const backends = backendsOf(site).map(({ name }) => name);
  let stopped: Promise<void> | undefined;
  return {
    kind: engine.kind,
    description: engine.description,
    socketDirectory,
    processes,
    get pids() {
      return engine.pids;
    },
    frontends,
    backends,
    proxies: [...new Set([...frontends, ...backends])],
    stopTraffic: () => engine.stopTraffic(),
    stop: () => (stopped ??= engine.stop().then(() => cleanUp(plan))),
  };
}

async function cleanUp({ guard, root }: Plan): Promise<void> {
  await guard.release();
  await rm(root, { recursive: true, force: true });
}
