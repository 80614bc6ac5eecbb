import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { ClusterFrames, rowsWithRates, untilNodeFrames } from './cluster-frames';
import { rowsPerProcess, type Polls } from './polls';
import { RoleProcess } from './role-process';
import { startServers, type FleetServers } from './servers';
import { SimulatedFleet } from './simulated-fleet';

/** THE STAGES, in the order of the data: each a processor with that role. */
const roles = ['node', 'cluster'] as const;

export interface StageFigures {
  readonly role: string;
  readonly cpuSecondsPerMillionRows: number;
  readonly peakRssMegabytes: number;
}

export interface FleetFigures {
  readonly nodes: number;
  /** Measured, behind those to warm up. */
  readonly slots: number;
  readonly rows: number;
  readonly seconds: number;
  readonly stages: readonly StageFigures[];
  /** Of the cluster's frames. */
  readonly clusterRows: number;
  /** ms from the append of a slot's last poll to that of the cluster's frame with all nodes. */
  readonly delay: { readonly p50: number; readonly p99: number };
  /** Frames of the cluster without all nodes. */
  readonly partial: number;
  /** Of the machine, over the last minute. */
  readonly load: number;
}

/**
 * The same at every size: what a second costs that has nothing to do with rows is then the same for each row. Few enough that a slow
 * machine keeps up, and a slot of the largest fleet is whole before grace is over.
 */
const rowsPerSecond = 25_000;
const warmUpRows = 2_000_000;
const measuredRows = 4_000_000;
const leastSlots = { warmUp: 2, measured: 3 };
/** A busy machine warms up and measures with fewer slots rather than for longer. */
const mostMs = { warmUp: 60_000, measured: 100_000 };

export interface FleetSize {
  readonly nodes: number;
  /** Of each node. */
  readonly processes: number;
  /** The nodes hand over their polls within this share of the time from slot to slot. */
  readonly spread: number;
}

/** Runs a fleet of this many nodes through a broker, a Redis and processors of its own. */
export async function measureFleet(size: FleetSize, polls: Polls): Promise<FleetFigures> {
  const { nodes, processes } = size;
  const servers = await startServers();
  const running: { stop(): Promise<void> }[] = [servers];
  const started = async <T extends { stop(): Promise<void> }>(each: T | Promise<T>): Promise<T> => {
    const it = await each;
    running.unshift(it);
    return it;
  };
  try {
    const stages: RoleProcess[] = [];
    for (const role of roles) stages.push(await started(RoleProcess.start(role, servers)));
    const frames = await started(new ClusterFrames(servers.client, nodes, processes));
    await frames.start();
    const slots = slotsOf(size);
    const about = { nodes, slots: slots.warmUp + slots.measured + 1 };
    const fleet = await started(new SimulatedFleet(servers.client, polls, about));
    await fleet.start();
    return await new Run({ ...size, slots, servers, stages, frames, fleet }).figures();
  } finally {
    for (const each of running) await each.stop();
  }
}

function rowsPerSlot({ nodes, processes }: FleetSize): number {
  return nodes * processes * rowsPerProcess;
}

/** As many as the rows take. */
function slotsOf(size: FleetSize): typeof leastSlots {
  const perSlot = rowsPerSlot(size);
  return {
    warmUp: Math.max(leastSlots.warmUp, Math.ceil(warmUpRows / perSlot)),
    measured: Math.max(leastSlots.measured, Math.ceil(measuredRows / perSlot)),
  };
}

interface Setup extends FleetSize {
  readonly slots: typeof leastSlots;
  readonly servers: FleetServers;
  readonly stages: readonly RoleProcess[];
  readonly frames: ClusterFrames;
  readonly fleet: SimulatedFleet;
}

/** A fleet, slot by slot: the next one comes when it is time for it, and the one before is complete. */
class Run {
  readonly #periodMs: number;
  readonly #handOverMs: number;
  #next = 0;
  #dueAt = 0;
  #clusterRows = 0;

  constructor(private readonly setup: Setup) {
    this.#periodMs = (rowsPerSlot(setup) * 1_000) / rowsPerSecond;
    this.#handOverMs = this.#periodMs * setup.spread;
  }

  async figures(): Promise<FleetFigures> {
    const { nodes, stages, frames } = this.setup;
    await this.#meet();
    await this.#slotsOf('warmUp');
    const partialBefore = frames.partial;
    const cpuBefore = stages.map(({ cpuSeconds }) => cpuSeconds);
    const begin = performance.now();
    const delays = await this.#slotsOf('measured');
    const seconds = (performance.now() - begin) / 1_000;
    const rows = delays.length * rowsPerSlot(this.setup);
    return {
      nodes,
      slots: delays.length,
      rows,
      seconds,
      stages: stages.map(({ role, cpuSeconds, peakRssMegabytes }, i) => ({
        role,
        cpuSecondsPerMillionRows: ((cpuSeconds - cpuBefore[i]!) / rows) * 1e6,
        peakRssMegabytes,
      })),
      clusterRows: this.#clusterRows,
      delay: { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) },
      partial: frames.partial - partialBefore,
      load: loadavg()[0]!,
    };
  }

  /** The first slot: once it has been written the cluster knows who belongs to it, and needs grace for none of the others. */
  async #meet(): Promise<void> {
    const { nodes, fleet, servers } = this.setup;
    await fleet.append(this.#next++, this.#handOverMs);
    await untilNodeFrames(servers.client, nodes);
    this.#dueAt = performance.now();
  }

  /** Answers the delay of each. */
  async #slotsOf(phase: keyof typeof leastSlots): Promise<number[]> {
    const most = this.setup.slots[phase];
    const end = performance.now() + mostMs[phase];
    const delays: number[] = [];
    const isOver = (): boolean => delays.length >= leastSlots[phase] && performance.now() > end;
    while (delays.length < most && !isOver()) delays.push(await this.#slot());
    return delays;
  }

  /** Answers how long it took to be complete once it was whole in the log, ms. */
  async #slot(): Promise<number> {
    const { fleet, frames } = this.setup;
    await pause(Math.max(0, this.#dueAt - performance.now()));
    this.#dueAt = Math.max(this.#dueAt, performance.now() - this.#periodMs) + this.#periodMs;
    const index = this.#next++;
    const wholeAt = await fleet.append(index, this.#handOverMs);
    const frame = await frames.completed(fleet.slotAt(index));
    this.#clusterRows = rowsWithRates(frame);
    return frame.appendedAt - wholeAt;
  }
}

/** The nearest of what was seen. */
function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}
