import {
  frameRecords,
  readRawChunk,
  RecordFormatError,
  type LogEntry,
  type LogHandler,
  type LogWriter,
  type PartitionSession,
  type RawChunk,
} from '@haproxystats/messaging';
import { LastTold, type Logger } from '@haproxystats/runtime';
import type { Coordinator } from '../coordinator/coordinator';
import type { MergedSnapshot, Merging } from './merge-node';
import { mergeSnapshot } from './merge-snapshot';
import { graceMs, PartitionState } from './partition-state';
import type { Snapshot } from './snapshot';

/** In intervals of the node: how long a puller that says nothing is still waited for. */
const leaseIntervals = 3.5;

/** What the role has to tell: counted by the metrics, shown by the display. */
export interface NodeRoleEvents {
  emitted(merged: MergedSnapshot): void;
  duplicate(): void;
  /** A record whose snapshot was let go of: it does not count. */
  late(): void;
  unreadableRecord(): void;
  unreadableProcess(): void;
}

export interface NodeRolePorts {
  /** Merging happens in one go, so all partitions share it. */
  readonly merging: Merging;
  readonly coordinator: Coordinator;
  readonly frames: LogWriter;
  readonly framesTopic: string;
  readonly logger: Logger;
  readonly events?: NodeRoleEvents;
}

/**
 * Completes the snapshots of nodes and emits each as a frame: merge, ask the ledger, write the frame, tell the ledger, and only
 * then let the watermark pass. At once when the manifest is fulfilled; with what is there when grace is over.
 */
export class NodeRole implements LogHandler {
  readonly #states = new WeakMap<PartitionSession, PartitionState>();
  /** Per node: which processes were missing in its last frame. */
  readonly #missing = new LastTold();

  constructor(private readonly ports: NodeRolePorts) {}

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const state = this.#stateOf(session);
    const snapshot = this.#take(entry, state);
    state.pass(entry);
    if (snapshot?.complete) await this.#emit(snapshot, session, false);
    const oldest = state.relieve();
    if (oldest) await this.#emit(oldest, session, true);
  }

  async tick(session: PartitionSession): Promise<void> {
    const state = this.#stateOf(session);
    const now = session.now();
    for (const snapshot of state.unsettled()) {
      const late = now - snapshot.first.appendedAt >= graceMs(snapshot);
      if (late) await this.#emit(snapshot, session, true);
    }
    state.age(now);
    await session.commit(state.position());
  }

  #take(entry: LogEntry, state: PartitionState): Snapshot | undefined {
    const chunk = this.#read(entry);
    if (!chunk) return undefined;
    const taken = state.take(chunk, entry);
    if (taken === 'repeated') return undefined;
    if (taken !== 'late') return taken.snapshot;
    const { cluster, node, slot, process } = chunk;
    this.ports.logger.debug({ cluster, node, slot, process }, 'a process came too late for its slot');
    this.ports.events?.late();
    return undefined;
  }

  async #emit(snapshot: Snapshot, session: PartitionSession, force: boolean): Promise<void> {
    const { coordinator, frames, framesTopic, events } = this.ports;
    const entity = `${snapshot.cluster}/${snapshot.node}`;
    const { slot, sources, intervalMs } = snapshot;
    const verdict = await coordinator.decide({
      entity,
      slot,
      sources,
      held: snapshot.arrived,
      now: session.now(),
      leaseMs: leaseIntervals * intervalMs,
      force,
    });
    if (verdict === 'WAIT') return;
    if (verdict === 'DUP') events?.duplicate();
    else {
      const merged = mergeSnapshot(snapshot, this.ports.merging);
      await frames.append(framesTopic, frameRecords(merged.frame), session.signal);
      await coordinator.done({ entity, slot }, snapshot.arrived);
      this.#tell(merged);
    }
    this.#stateOf(session).settle(snapshot, !force);
  }

  /** Bad bytes cost only their own record: named, counted, passed over; the log keeps them. */
  #read(entry: LogEntry): RawChunk | undefined {
    try {
      return readRawChunk(entry);
    } catch (err) {
      if (!(err instanceof RecordFormatError)) throw err;
      const { topic, partition, offset, key } = entry;
      this.ports.logger.error(
        { err, topic, partition, offset, key },
        'a raw record that cannot be read is passed over',
      );
      this.ports.events?.unreadableRecord();
      return undefined;
    }
  }

  #tell(merged: MergedSnapshot): void {
    const { logger, events } = this.ports;
    const { head } = merged.frame;
    for (const { process, half, isPartial, error } of merged.unreadable) {
      const what = `${isPartial ? 'a part of ' : ''}${half ? `'show ${half}' of ` : ''}process ${process}`;
      logger.error(
        { err: error, node: head.node, slot: head.slot, process, half },
        `node ${head.node}: ${what} cannot be read: ${error.message}; the rest of its node counts`,
      );
    }
    const unreadable = new Set(merged.unreadable.map(({ process }) => process));
    for (let i = 0; i < unreadable.size; i++) events?.unreadableProcess();
    this.#tellMissing(merged);
    events?.emitted(merged);
  }

  #tellMissing({ frame: { head } }: MergedSnapshot): void {
    const { cluster, node, coverage, missing } = head;
    const told = missing.map(({ process, reason }) => `${process} (${reason})`).join(', ');
    if (!this.#missing.isNews(`${cluster}/${node}`, told)) return;
    const { covered, expected } = coverage;
    if (told)
      this.ports.logger.warn(
        { cluster, node, covered, expected, missing },
        `node ${node}: ${covered} of ${expected} processes, without ${told}`,
      );
    else this.ports.logger.info({ cluster, node, covered, expected }, `node ${node}: complete again`);
  }

  #stateOf(session: PartitionSession): PartitionState {
    let state = this.#states.get(session);
    if (!state) {
      state = new PartitionState();
      this.#states.set(session, state);
    }
    return state;
  }
}
