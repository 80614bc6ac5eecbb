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
import { shardsOf } from '@haproxystats/metrics';
import { LastTold } from '@haproxystats/runtime';
import type { Coordinator, Verdict } from '../coordinator/coordinator';
import { CounterStates, type MergeWith } from './counter-states';
import type { MergedSnapshot, Merging } from './merge-node';
import { mergeSnapshot } from './merge-snapshot';
import { Origins } from './origins';
import { graceMs, PartitionState, type Taken } from './partition-state';
import type { Snapshot } from './snapshot';
import { Unreadable, type UnreadableEvents, type UnreadablePorts } from './unreadable';

/** In intervals of the node: how long a puller that says nothing is still waited for. */
const leaseIntervals = 3.5;

/** What the role has to tell: counted by the metrics, shown by the display. */
export interface NodeRoleEvents extends UnreadableEvents {
  emitted(merged: MergedSnapshot): void;
  duplicate(): void;
  /** Bytes: what all that is kept to compare counters with takes. */
  counterState?(bytes: number): void;
  /** A snapshot for whose counters there was no room. */
  uncounted?(): void;
  /** A record whose snapshot was let go of: it does not count. */
  late(): void;
}

export interface NodeRolePorts extends UnreadablePorts {
  /** Merging happens in one go, so all partitions share it. */
  readonly merging: Merging;
  readonly coordinator: Coordinator;
  readonly frames: LogWriter;
  readonly framesTopic: string;
  /** Into how many its frames are cut by proxy; 1 unless given. */
  readonly shards?: number;
  readonly events?: NodeRoleEvents;
}

/** What is known of one partition. */
interface Held {
  readonly state: PartitionState;
  readonly origins: Origins;
  readonly counters: CounterStates;
}

/** What a record says, and what came of it. */
interface Read {
  readonly chunk: RawChunk;
  readonly taken: Taken;
}

/**
 * Completes the snapshots of nodes and emits each as a frame: merge, ask the ledger, write the frame, tell the ledger, and only
 * then let the watermark pass. At once when the manifest is fulfilled; with what is there when grace is over.
 */
export class NodeRole implements LogHandler {
  readonly #held = new WeakMap<PartitionSession, Held>();
  readonly #unreadable: Unreadable;
  readonly #counters = new Set<CounterStates>();
  /** How many processes had arrived when it was emitted, by this processor or one before. */
  readonly #emitted = new WeakMap<Snapshot, number>();
  readonly #mergeWith: MergeWith = (snapshot, history) =>
    mergeSnapshot(snapshot, this.ports.merging, { history });
  /** Per node: which processes were missing in its last frame. */
  readonly #missing = new LastTold();
  readonly #noRoom = new LastTold();

  constructor(private readonly ports: NodeRolePorts) {
    this.#unreadable = new Unreadable(ports);
  }

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const { state } = this.#heldBy(session);
    const snapshot = await this.#take(entry, session);
    state.pass(entry);
    if (snapshot && entry.priming) this.#remember(snapshot, session);
    else if (snapshot?.complete) await this.#emit(snapshot, session, false);
    const oldest = state.relieve();
    if (oldest) await this.#emit(oldest, session, true);
  }

  async tick(session: PartitionSession): Promise<void> {
    const { state } = this.#heldBy(session);
    const now = session.now();
    for (const snapshot of state.unsettled()) {
      const late = now - snapshot.first.appendedAt >= graceMs(snapshot);
      if (late) await this.#emit(snapshot, session, true);
    }
    state.age(now);
    this.ports.events?.counterState?.([...this.#counters].reduce((sum, { bytes }) => sum + bytes, 0));
    if (!this.ports.health?.isSuspect()) await session.commit(state.position());
  }

  async #take(entry: LogEntry, session: PartitionSession): Promise<Snapshot | undefined> {
    const read = await this.#read(entry, session);
    if (!read || read.taken === 'repeated') return undefined;
    if (read.taken !== 'late') return read.taken.snapshot;
    const { cluster, node, slot, process } = read.chunk;
    this.ports.logger.debug({ cluster, node, slot, process }, 'a process came too late for its slot');
    this.ports.events?.late();
    return undefined;
  }

  async #emit(snapshot: Snapshot, session: PartitionSession, force: boolean): Promise<void> {
    const { coordinator, frames, framesTopic, shards = 1, events } = this.ports;
    const { state, origins, counters } = this.#heldBy(session);
    const verdict = await this.#verdict(snapshot, session, force);
    if (verdict === 'WAIT') return;
    // A ledger that forgot asks for it again; nothing has come to it.
    const isKnown = verdict === 'DUP' || this.#emitted.get(snapshot) === snapshot.arrivals;
    if (isKnown) this.#knownAlready(snapshot, counters);
    else if (verdict === 'LATE') this.#putBackInVain(snapshot);
    else {
      // After a restart only the ledger may know: one that forgot, or that died with this process, makes it look like the first.
      snapshot.wasEmitted ||= verdict === 'MORE';
      const merged = counters.merge(snapshot, this.#mergeWith);
      const records = shardsOf(merged.frame, shards).flatMap(frameRecords);
      await frames.append(framesTopic, records, session.signal);
      const { signal } = session;
      const isUsable = await this.#unreadable.processes(snapshot, merged.unreadable, { origins, signal });
      // What is read again by a version that can read it must not be known as done.
      if (isUsable)
        await coordinator.done({ entity: entityOf(snapshot), slot: snapshot.slot }, snapshot.arrived);
      this.#noteEmitted(snapshot);
      this.#tellMissing(merged);
      events?.emitted(merged);
    }
    state.settle(snapshot, !force);
  }

  /** What a priming record brings was emitted before: it is here for what may follow it, and for what its counters are compared with. */
  #remember(snapshot: Snapshot, session: PartitionSession): void {
    const { state, counters } = this.#heldBy(session);
    if (snapshot.complete) counters.merge(snapshot, this.#mergeWith);
    this.#noteEmitted(snapshot);
    state.settle(snapshot, snapshot.complete);
  }

  /** Another processor has sent it; the next slot is compared with it all the same. */
  #knownAlready(snapshot: Snapshot, counters: CounterStates): void {
    if (counters.lacks(snapshot)) counters.merge(snapshot, this.#mergeWith);
    this.#noteEmitted(snapshot);
    this.ports.events?.duplicate();
  }

  #noteEmitted(snapshot: Snapshot): void {
    snapshot.wasEmitted = true;
    this.#emitted.set(snapshot, snapshot.arrivals);
  }

  /** The ledger knows what an operator puts back as done: it counts all the same, but not as less than there may have been of its slot before. */
  async #verdict(snapshot: Snapshot, session: PartitionSession, force: boolean): Promise<Verdict | 'LATE'> {
    const { sources, slot, arrived, intervalMs, complete } = snapshot;
    if (snapshot.isPutBack) {
      if (complete) return 'EMIT';
      return force ? 'LATE' : 'WAIT';
    }
    const question = { sources, slot, held: arrived, entity: entityOf(snapshot) };
    const leaseMs = leaseIntervals * intervalMs;
    return this.ports.coordinator.decide({ ...question, now: session.now(), leaseMs, force });
  }

  #putBackInVain({ cluster, node, slot, arrived, expected }: Snapshot): void {
    this.ports.logger.warn(
      { cluster, node, slot, arrived, expected },
      `node ${node}: of ${expected.length} processes ${arrived.length} were put back, which changes nothing: a slot is sent anew only with all of them`,
    );
    this.ports.events?.late();
  }

  /** Bad bytes, and a record that contradicts others, cost only themselves. Of one that was passed before all has been said. */
  async #read(entry: LogEntry, session: PartitionSession): Promise<Read | undefined> {
    try {
      const { state, origins, counters } = this.#heldBy(session);
      const chunk = readRawChunk(entry);
      const taken = state.take(chunk, entry);
      if (typeof taken === 'object') counters.arrived(taken.snapshot);
      origins.remember(entry);
      return { chunk, taken };
    } catch (error) {
      if (!(error instanceof RecordFormatError)) throw error;
      if (!entry.priming) await this.#unreadable.record(entry, error, session.signal);
      return undefined;
    }
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

  #tellNoRoom({ cluster, node }: Snapshot): void {
    this.ports.events?.uncounted?.();
    if (!this.#noRoom.isNews(`${cluster}/${node}`, 'no room')) return;
    this.ports.logger.warn(
      { cluster, node },
      `node ${node}: no rates: what the processes of its partition have counted takes more memory than there is for it: more partitions of the raw topic share it`,
    );
  }

  #newCounters({ signal }: PartitionSession): CounterStates {
    const counters = new CounterStates({ onNoRoom: (snapshot) => this.#tellNoRoom(snapshot) });
    this.#counters.add(counters);
    signal.addEventListener('abort', () => this.#counters.delete(counters), { once: true });
    return counters;
  }

  #heldBy(session: PartitionSession): Held {
    let held = this.#held.get(session);
    if (!held) {
      held = { state: new PartitionState(), origins: new Origins(), counters: this.#newCounters(session) };
      this.#held.set(session, held);
    }
    return held;
  }
}

function entityOf({ cluster, node }: Snapshot): string {
  return `${cluster}/${node}`;
}
