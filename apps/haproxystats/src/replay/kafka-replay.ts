import { readRawChunk, RecordFormatError, type LogEntry, type RawChunk } from '@haproxystats/messaging';
import { CounterStates, mergeSnapshot, type Merging, type Snapshot } from '@haproxystats/processor';
import { reachSlots } from '@haproxystats/metrics';
import type { Logger } from '@haproxystats/runtime';
import type { FrameOutput } from './frame-output';
import { Losses } from './losses';
import { SlotCollector } from './slot-collector';

export interface KafkaReplayConfig {
  /** Slots from this time, ms since the epoch, up to `to`, which is not included. */
  readonly from: number;
  readonly to: number;
  /** `node` or `cluster/node`; undefined: all. */
  readonly node: string | undefined;
  /** Of the topic: what is kept in memory is shared among them. */
  readonly partitions: number;
}

export interface KafkaReplayPorts {
  readonly merging: Merging;
  readonly output: FrameOutput;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}

/** What came of a replay so far. */
export interface KafkaReplayReport {
  /** Records that were read. */
  readonly records: number;
  readonly snapshots: number;
  readonly processes: number;
  /** Snapshots of which a process is missing, for whatever reason. */
  readonly incomplete: number;
  /** Lines, or frames. */
  readonly written: number;
  /** Records and processes that make no sense, or not all of it. */
  readonly unusable: number;
  /** Records that came when their slot was gone. */
  readonly late: number;
  /** The newest slot that was written, ms since the epoch; 0: none. */
  readonly slot: number;
  readonly losses: Losses;
}

interface Lane {
  readonly slots: SlotCollector;
  readonly counters: CounterStates;
}

const MiB = 1024 * 1024;
/** Of all partitions together: snapshots that are open, and what counters are compared with. */
const maxOpenBytes = 192 * MiB;
const maxCounterBytes = 384 * MiB;
const maxNodes = 100_000;
/** Complaints that are told one by one; the others are counted. */
const maxTold = 100;

/** Makes frames of old raw records as the node role does: without a ledger, and without a commit. */
export class KafkaReplay {
  readonly #lanes = new Map<number, Lane>();
  readonly #report = {
    records: 0,
    snapshots: 0,
    processes: 0,
    incomplete: 0,
    written: 0,
    unusable: 0,
    slot: 0,
  };
  readonly #losses = new Losses();

  constructor(
    private readonly config: KafkaReplayConfig,
    private readonly ports: KafkaReplayPorts,
  ) {}

  get report(): KafkaReplayReport {
    const late = [...this.#lanes.values()].reduce((sum, { slots }) => sum + slots.late, 0);
    return { ...this.#report, late, losses: this.#losses };
  }

  /** Of one partition after the other, or mixed: within a partition in order. Rejects as the output does. */
  async take(entry: LogEntry): Promise<void> {
    this.#report.records++;
    const lane = this.#laneOf(entry.partition);
    for (const snapshot of this.#collect(entry, lane)) await this.#replay(snapshot, lane);
  }

  /** Nothing more will come. */
  async end(): Promise<void> {
    for (const lane of this.#lanes.values())
      for (const snapshot of lane.slots.end()) await this.#replay(snapshot, lane);
    await this.ports.output.flush();
  }

  #collect(entry: LogEntry, { slots }: Lane): Snapshot[] {
    try {
      const chunk = readRawChunk(entry);
      return this.#isWanted(chunk) ? slots.take(chunk, entry) : [];
    } catch (error) {
      if (!(error instanceof RecordFormatError)) throw error;
      const { topic, partition, offset } = entry;
      this.#complain(`${topic}/${partition}/${offset}: ${error.message}`, { topic, partition, offset });
      return [];
    }
  }

  /** Of a node that is asked for; slots before `from` are what the first increases are counted from. */
  #isWanted({ cluster, node, slot, intervalMs }: RawChunk): boolean {
    const { from, to, node: wanted } = this.config;
    const isNode = wanted === undefined || wanted === node || wanted === `${cluster}/${node}`;
    return isNode && slot < to && slot >= from - reachSlots * intervalMs;
  }

  async #replay(snapshot: Snapshot, { counters }: Lane): Promise<void> {
    const { merging, output, stop } = this.ports;
    stop.throwIfAborted();
    const merged = counters.merge(snapshot, (each, history) => mergeSnapshot(each, merging, { history }));
    if (snapshot.slot < this.config.from) return;
    const { cluster, node, slot } = snapshot;
    for (const { process, half, error } of merged.unreadable) {
      const what = half === undefined ? process : `'show ${half}' of ${process}`;
      this.#complain(`${cluster}/${node}, slot ${slot}: ${what}: ${error.message}`, {
        cluster,
        node,
        slot,
        process,
      });
    }
    const { covered, expected } = merged.frame.head.coverage;
    this.#losses.add(merged);
    this.#report.snapshots++;
    this.#report.processes += covered;
    if (covered < expected) this.#report.incomplete++;
    this.#report.slot = Math.max(this.#report.slot, slot);
    this.#report.written += await output.write(merged.frame, stop);
  }

  #complain(text: string, facts: object): void {
    this.#report.unusable++;
    const level = this.#report.unusable <= maxTold ? 'warn' : 'debug';
    this.ports.logger[level](facts, text);
  }

  #laneOf(partition: number): Lane {
    let lane = this.#lanes.get(partition);
    if (!lane) {
      const share = Math.max(1, this.config.partitions);
      const slots = new SlotCollector({ bytes: maxOpenBytes / share, nodes: maxNodes });
      lane = { slots, counters: new CounterStates({ maxBytes: maxCounterBytes / share }) };
      this.#lanes.set(partition, lane);
    }
    return lane;
  }
}
