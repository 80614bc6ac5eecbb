import type { LogEntry, Position } from '@haproxystats/messaging';
import type { Sent } from './polls';

export interface Stored {
  readonly entry: Omit<LogEntry, 'priming'>;
  readonly sent: Sent;
}

/** A partition of the raw log, with what the group has committed of it. Kafka numbers one by one, a directory by entries. */
export class Partition {
  readonly records: Stored[] = [];
  committed: Position = { watermark: 0, base: 0 };
  /** Of the group's last rebalance; who commits in the name of an older one is refused. */
  generation = 0;

  constructor(
    readonly number: number,
    private readonly stride: number,
  ) {}

  get end(): number {
    return this.records.length * this.stride;
  }

  append(sent: Sent, appendedAt: number): void {
    const { number: partition, stride, end: offset } = this;
    // Records that are alike come with bytes of their own each.
    const value = Buffer.from(sent.record.value);
    const entry = {
      ...sent.record,
      value,
      topic: 'raw',
      partition,
      offset,
      next: offset + stride,
      appendedAt,
    };
    this.records.push({ sent, entry });
  }

  /** The first record at or behind an offset. */
  indexOf(offset: number): number {
    return Math.ceil(offset / this.stride);
  }

  commit(generation: number, position: Position): boolean {
    if (generation !== this.generation) return false;
    this.committed = position;
    return true;
  }
}
