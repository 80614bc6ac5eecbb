import {
  senderOf,
  type DeadLetter,
  type DeadLetters,
  type Fate,
  type LogEntry,
  type RecordFormatError,
} from '@haproxystats/messaging';
import type { Logger } from '@haproxystats/runtime';
import type { FleetHealth } from './fleet-health';
import type { MergedSnapshot, UnreadableProcess } from './merge-node';
import type { Origins } from './origins';
import type { Snapshot } from './snapshot';
import { unreadableRecords } from './unreadable-records';

export interface UnreadableEvents {
  unreadableRecord(): void;
  unreadableProcess(): void;
}

export interface UnreadablePorts {
  readonly logger: Logger;
  readonly events?: UnreadableEvents;
  /** Absent: what cannot be read is named, counted, and not kept. */
  readonly deadLetters?: Pick<DeadLetters, 'bury'>;
  readonly health?: FleetHealth;
}

/**
 * What becomes of bad bytes: named, counted, put aside, passed over. Their rate is that of the dead letter queue: what is beyond it is
 * counted alone.
 */
export class Unreadable {
  constructor(private readonly ports: UnreadablePorts) {}

  /** A record of which not even the headers can be read. Resolves when it may be passed. */
  async record(entry: LogEntry, err: RecordFormatError, signal: AbortSignal): Promise<void> {
    const { logger, events, health } = this.ports;
    const { topic, partition, offset, key } = entry;
    const { node } = senderOf(entry.headers);
    if (node !== undefined) health?.saw(node, intervalOf(entry), err);
    const level = levelOf(await this.#bury([{ entry, reason: 'headers', error: err }], signal));
    logger[level]({ err, topic, partition, offset, key }, 'a raw record that cannot be read is passed over');
    events?.unreadableRecord();
  }

  /**
   * The processes of a snapshot of which something cannot be read. Resolves when their records may be passed; to false where nothing of
   * the snapshot can be used.
   */
  async processes(
    snapshot: Snapshot,
    unreadable: MergedSnapshot['unreadable'],
    { origins, signal }: { readonly origins: Origins; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const isUsable = this.#judge(snapshot, unreadable);
    if (unreadable.length === 0) return isUsable;
    const letters = unreadableRecords(unreadable, (process) =>
      origins.take(snapshot.chunksOf(process), headersOf(snapshot, process)),
    );
    const level = levelOf(await this.#bury(letters, signal));
    for (const fault of unreadable) this.#tell(snapshot, fault, level);
    const processes = new Set(unreadable.map(({ process }) => process));
    for (let i = 0; i < processes.size; i++) this.ports.events?.unreadableProcess();
    return isUsable;
  }

  async #bury(letters: readonly DeadLetter[], signal: AbortSignal): Promise<Fate[]> {
    const fates: Fate[] = [];
    const { deadLetters } = this.ports;
    if (deadLetters) for (const letter of letters) fates.push(await deadLetters.bury(letter, signal));
    return fates;
  }

  /** A node is failing when of none of its processes anything of 'show stat' can be used. Answers whether it is not. */
  #judge(
    { cluster, node, arrived, intervalMs }: Snapshot,
    unreadable: MergedSnapshot['unreadable'],
  ): boolean {
    if (arrived.length === 0) return true;
    const lost = unreadable.filter(({ half, isPartial }) => half !== 'info' && !isPartial);
    const isFailing = arrived.every((process) => lost.some((each) => each.process === process));
    this.ports.health?.saw(`${cluster}/${node}`, intervalMs, isFailing ? lost[0]?.error : undefined);
    return !isFailing;
  }

  #tell(
    { node, slot }: Snapshot,
    { process, half, isPartial, error }: UnreadableProcess,
    level: 'error' | 'debug',
  ): void {
    const what = `${isPartial ? 'a part of ' : ''}${half ? `'show ${half}' of ` : ''}process ${process}`;
    this.ports.logger[level](
      { err: error, node, slot, process, half },
      `node ${node}: ${what} cannot be read: ${error.message}; the rest of its node counts`,
    );
  }
}

/** Of a record that cannot be read; 0: nobody knows. */
function intervalOf({ headers }: LogEntry): number {
  return Number(headers['hs-interval']) || 0;
}

/** What is known of a record in any case. */
function headersOf({ cluster, node, slot }: Snapshot, process: string): LogEntry['headers'] {
  return { 'hs-cluster': cluster, 'hs-node': node, 'hs-slot': String(slot), 'hs-proc': process };
}

/** What is beyond the rate would flood the log as well. */
function levelOf(fates: readonly Fate[]): 'error' | 'debug' {
  const isBeyond = fates.length > 0 && fates.every((fate) => fate === 'suppressed');
  return isBeyond ? 'debug' : 'error';
}
