import type { ReadMetrics } from './read-values';
import { metricsKey } from './record-keys';

export interface LatestPerKeyOptions {
  /** Beyond it the key that was renewed longest ago goes. 200,000 unless told otherwise. */
  readonly maxKeys?: number;
  /** How many intervals of its own a key stays without a newer slot, see `expire`. 5 unless told otherwise. */
  readonly expiresAfterIntervals?: number;
}

interface Entry {
  /** The whole record that counts; undefined until all parts of a first one are in. */
  shown: ReadMetrics | undefined;
  /** The parts of a record that is not whole yet, in order, from the first on. */
  readonly parts: ReadMetrics[];
}

/**
 * Of each key (cluster/node/kind/proxy) the record that counts: of the newest slot the one that covers most, put together where it came in
 * parts. Repetitions and what is older or covers less change nothing, so records may come again, as at-least-once delivery has it; those
 * of one key must come in the order of their partition.
 */
export class LatestPerKey {
  /** The one renewed last at the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #maxKeys: number;
  readonly #intervals: number;
  /** Keys that went for want of room, since the start. */
  evicted = 0;

  constructor({ maxKeys = 200_000, expiresAfterIntervals = 5 }: LatestPerKeyOptions = {}) {
    this.#maxKeys = maxKeys;
    this.#intervals = expiresAfterIntervals;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Answers the whole record if it counts now, and undefined if it does not, or is not whole yet. */
  take(record: ReadMetrics): ReadMetrics | undefined {
    const key = metricsKey(record);
    const entry = this.#entries.get(key) ?? { shown: undefined, parts: [] };
    if (entry.shown && isOlder(record, entry.shown)) return undefined;
    this.#renew(key, entry);
    return takePart(entry, record);
  }

  /** By `metricsKey`. */
  get(key: string): ReadMetrics | undefined {
    return this.#entries.get(key)?.shown;
  }

  *values(): Generator<ReadMetrics> {
    for (const { shown } of this.#entries.values()) if (shown) yield shown;
  }

  /**
   * Drops the keys whose newest slot is longer ago than they may stay: proxies and nodes that are no more; or as far ahead: their clock was
   * wrong, and all that comes once it is right would be older. Answers how many.
   */
  expire(nowMs: number): number {
    const before = this.size;
    for (const [key, entry] of this.#entries) if (this.#isOver(entry, nowMs)) this.#entries.delete(key);
    return before - this.size;
  }

  #isOver({ shown, parts }: Entry, nowMs: number): boolean {
    const newest = parts[0] ?? shown;
    return newest === undefined || Math.abs(nowMs - newest.slot) > newest.interval_ms * this.#intervals;
  }

  #renew(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= this.#maxKeys) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest!);
    this.evicted++;
  }
}

/** Of an older slot, or of the same and covers less. */
function isOlder(record: ReadMetrics, than: ReadMetrics): boolean {
  if (record.slot !== than.slot) return record.slot < than.slot;
  return record.coverage.covered < than.coverage.covered;
}

/** A first part begins anew: what had begun broke off, or is repeated. */
function takePart(entry: Entry, record: ReadMetrics): ReadMetrics | undefined {
  const { parts } = entry;
  if (record.part === 0) parts.length = 0;
  if (record.part !== parts.length || (parts[0] && !isSame(record, parts[0]))) return undefined;
  parts.push(record);
  if (parts.length < record.parts) return undefined;
  entry.shown = joined(parts);
  parts.length = 0;
  return entry.shown;
}

function isSame(part: ReadMetrics, first: ReadMetrics): boolean {
  return (
    part.slot === first.slot && part.parts === first.parts && part.coverage.covered === first.coverage.covered
  );
}

function joined(parts: readonly ReadMetrics[]): ReadMetrics {
  const [first] = parts as [ReadMetrics];
  if (parts.length === 1) return first;
  return {
    ...first,
    parts: 1,
    servers: parts.flatMap(({ servers }) => servers),
    listeners: parts.flatMap(({ listeners }) => listeners),
  };
}
