import {
  frameRecords,
  readFrameStub,
  RecordFormatError,
  type DeadLetters,
  type LogEntry,
  type LogHandler,
  type LogWriter,
  type PartitionSession,
} from '@haproxystats/messaging';
import { isFirstShard, type FrameHead, type KeptOutReason } from '@haproxystats/metrics';
import type { Clock, Logger } from '@haproxystats/runtime';
import type { Coordinator } from '../coordinator/coordinator';
import { usableFrames } from './cluster-head';
import { ClusterState, type OpenSlot, type TakenFrame } from './cluster-state';
import { ClusterTeller } from './cluster-teller';
import { leaseIntervals } from './membership';
import { membersOf, mergeCluster, mergeEarly, type MergedCluster } from './merge-cluster';
import type { NodeFrame } from './node-frame';

/** ms: how often at most a slot is emitted anew, however many nodes come late; half an interval where that is less. */
const maxUpdateMs = 5_000;

/** What the role has to tell: counted by the metrics. */
export interface ClusterRoleEvents {
  emitted(merged: MergedCluster): void;
  duplicate(): void;
  /** A frame of a node that its cluster's slot was let go of without. */
  late(): void;
  keptOut(reason: KeptOutReason): void;
  /** Of a frame in several parts the others did not come. */
  cut(): void;
  unreadableRecord(): void;
  /** ms by which the clocks of a cluster's nodes are off, at most. */
  skew(session: PartitionSession, cluster: string, ms: number): void;
}

export interface ClusterRolePorts {
  readonly coordinator: Coordinator;
  readonly frames: LogWriter;
  readonly framesTopic: string;
  /** `CLUSTER/NODE` of nodes that are always expected. */
  readonly inventory: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events?: ClusterRoleEvents;
  /** Absent: what cannot be read is named, and not kept. */
  readonly deadLetters?: Pick<DeadLetters, 'bury'>;
}

/**
 * Merges the frames of the nodes of a cluster, or of one of its shards, slot by slot: at once when all nodes that are there have reported, with those that have when
 * grace is over, and anew when more come after that. Asks and tells the ledger as the node role does.
 */
export class ClusterRole implements LogHandler {
  readonly #states = new WeakMap<PartitionSession, ClusterState>();
  readonly #teller: ClusterTeller;

  constructor(private readonly ports: ClusterRolePorts) {
    this.#teller = new ClusterTeller(ports.logger);
  }

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const state = this.#stateOf(session);
    const taken = await this.#take(entry, session);
    state.pass(entry);
    if (taken && !entry.priming) await this.#look(taken, session);
    const oldest = state.relieve();
    if (oldest) await this.#emit(oldest, session);
  }

  async tick(session: PartitionSession): Promise<void> {
    const state = this.#stateOf(session);
    const now = session.now();
    for (const open of state.unsettled()) if (isDue(open, now)) await this.#emit(open, session);
    state.age(now);
    await session.commit(state.position());
  }

  async #take(entry: LogEntry, session: PartitionSession): Promise<TakenFrame | undefined> {
    try {
      const stub = readFrameStub(entry);
      if (stub.frame.head.scope !== 'node') throw new RecordFormatError('the frame is not that of a node');
      return this.#stateOf(session).take({ ...stub, entry });
    } catch (error) {
      if (!(error instanceof RecordFormatError)) throw error;
      if (!entry.priming) await this.#bury(entry, error, session);
      return undefined;
    }
  }

  /** At a frame that is news. */
  async #look({ cluster, frame, taken }: TakenFrame, session: PartitionSession): Promise<void> {
    const { events } = this.ports;
    const { node } = frame.head;
    if (taken === 'late') {
      const { cluster: name, slot } = frame.head;
      this.ports.logger.debug(
        { cluster: name, node, slot },
        'a node came too late for the slot of its cluster',
      );
      events?.late();
    }
    const fault = cluster.faultOf(node);
    if (fault) events?.keptOut(fault);
    if (typeof taken !== 'object') return;
    mergeEarly({ cluster, slot: taken }, frame);
    if (!taken.wasEmitted && taken.complete) await this.#emit({ cluster, slot: taken }, session);
  }

  async #emit(open: OpenSlot, session: PartitionSession): Promise<void> {
    const { cluster, slot } = open;
    const now = session.now();
    const frames = usableFrames(open);
    const isEmitted = frames.length > 0 && (await this.#settle(open, frames, session));
    cluster.settle(slot, isEmitted ? now : undefined);
    this.#tellSkews(open, session);
  }

  /** Answers whether it is emitted now, or was before. */
  async #settle(open: OpenSlot, frames: readonly NodeFrame[], session: PartitionSession): Promise<boolean> {
    const verdict = await this.ports.coordinator.decide({
      ...keyOf(open),
      // Who belongs to a cluster is known from its log: the same for whoever reads it.
      sources: [],
      held: membersOf(frames),
      now: session.now(),
      leaseMs: leaseIntervals * open.slot.intervalMs,
      force: true,
    });
    open.slot.wasEmitted ||= verdict === 'MORE';
    if (verdict !== 'DUP') return this.#write(open, frames, session);
    this.ports.events?.duplicate();
    return true;
  }

  async #write(open: OpenSlot, all: readonly NodeFrame[], session: PartitionSession): Promise<boolean> {
    const { coordinator, frames, framesTopic, clock, events } = this.ports;
    const merged = await mergeCluster(open, all, { now: session.now(), clock });
    for (const { frame, entry, error } of merged.unreadable) {
      open.slot.remove(frame);
      await this.#bury(entry, error, session);
    }
    if (merged.members.length === 0) return false;
    await frames.append(framesTopic, frameRecords(merged.frame), session.signal);
    await coordinator.done(keyOf(open), merged.members);
    this.#tell(open, merged.frame.head);
    events?.emitted(merged);
    return true;
  }

  #tell({ cluster }: OpenSlot, head: FrameHead): void {
    if (head.slot < cluster.toldSlot || !isFirstShard(head)) return;
    cluster.toldSlot = head.slot;
    this.#teller.tell(head);
  }

  #tellSkews({ cluster }: OpenSlot, session: PartitionSession): void {
    if (!isFirstShard(cluster)) return;
    const skews = cluster.membership.skew.all();
    this.#teller.tellSkews(cluster.name, skews);
    const largest = [...skews.values()].reduce((most, ms) => Math.max(most, Math.abs(ms)), 0);
    this.ports.events?.skew(session, cluster.name, largest);
  }

  async #bury(entry: LogEntry, err: RecordFormatError, session: PartitionSession): Promise<void> {
    const { logger, deadLetters, events } = this.ports;
    const { topic, partition, offset } = entry;
    const fate = await deadLetters?.bury({ entry, reason: 'frame', error: err }, session.signal);
    logger[fate === 'suppressed' ? 'debug' : 'error'](
      { err, topic, partition, offset },
      'cluster: a frame that cannot be read is passed over',
    );
    events?.unreadableRecord();
  }

  #stateOf(session: PartitionSession): ClusterState {
    let state = this.#states.get(session);
    if (!state) {
      state = new ClusterState(this.ports.inventory, () => this.ports.events?.cut());
      this.#states.set(session, state);
    }
    return state;
  }
}

function keyOf({ cluster, slot }: OpenSlot): { readonly entity: string; readonly slot: number } {
  const { name, shard } = cluster;
  return { entity: shard ? `${name}/${shard.of}/${shard.index}` : `${name}/0`, slot: slot.slot };
}

function isDue({ cluster, slot }: OpenSlot, now: number): boolean {
  if (!slot.wasEmitted) return slot.complete || now >= cluster.dueAt(slot);
  return now - slot.emittedAt >= Math.min(maxUpdateMs, slot.intervalMs / 2);
}
