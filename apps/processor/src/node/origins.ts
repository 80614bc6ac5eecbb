import type { DeadLetter, LogEntry } from '@haproxystats/messaging';

/** A record as it stands in its log. */
export type Origin = Pick<DeadLetter, 'entry' | 'headersLost'>;

interface Place extends Pick<LogEntry, 'topic' | 'partition' | 'offset' | 'appendedAt'> {
  /** undefined: let go of. */
  envelope: Envelope | undefined;
  readonly bytes: number;
}

type Envelope = Pick<LogEntry, 'key' | 'headers'>;

/** Of keys and headers: they are needed only for what turns out to be unreadable, mostly within seconds. */
const maxEnvelopeBytes = 2 * 1024 * 1024;

/**
 * Where the chunks that are in memory come from, by their bytes; forgotten with these. Of one partition. Keys and headers are bounded: the
 * oldest are let go of first.
 */
export class Origins {
  readonly #places = new WeakMap<Buffer, Place>();
  /** Those with their envelope, the oldest first. */
  readonly #kept = new Set<Place>();
  #bytes = 0;
  /** The longest of the headers, and the same in all records of a poll: kept once. */
  #manifest = '';

  constructor(private readonly maxBytes = maxEnvelopeBytes) {}

  remember({ topic, partition, offset, appendedAt, key, headers, value }: LogEntry): void {
    const { 'hs-man': manifest = '' } = headers;
    const isShared = manifest === this.#manifest;
    if (!isShared) this.#manifest = manifest;
    const envelope = { key, headers: { ...headers, 'hs-man': this.#manifest } };
    const bytes = lengthOf(envelope) - (isShared ? manifest.length : 0);
    const place = { topic, partition, offset, appendedAt, envelope, bytes };
    this.#places.set(value, place);
    this.#kept.add(place);
    this.#bytes += bytes;
    this.#trim();
  }

  /** Each only once: a snapshot that is emitted again has the same faults. `known`: headers for where the original's are let go of. */
  take(chunks: readonly Buffer[], known: LogEntry['headers']): Origin[] {
    return chunks.flatMap((value) => {
      const place = this.#places.get(value);
      this.#places.delete(value);
      if (!place) return [];
      const { topic, partition, offset, appendedAt, envelope } = place;
      const { key, headers } = envelope ?? { key: '', headers: known };
      const entry = { topic, partition, offset, appendedAt, key, headers, value };
      return [{ entry, headersLost: envelope === undefined }];
    });
  }

  #trim(): void {
    for (const place of this.#kept) {
      if (this.#bytes <= this.maxBytes) return;
      this.#kept.delete(place);
      this.#bytes -= place.bytes;
      place.envelope = undefined;
    }
  }
}

function lengthOf({ key, headers }: Envelope): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, key.length);
}
