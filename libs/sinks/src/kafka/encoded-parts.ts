import type { MetricsRecord } from '@haproxystats/messaging';

/** Servers (or listeners) in one record, at most. */
const maxNested = 500;
/** A record with its key and headers stays below the default limit of brokers, 1 MiB, and of one call of the producer, 900 KB. */
const maxValueBytes = 700_000;

export interface EncodedPart {
  readonly part: MetricsRecord;
  readonly value: Buffer;
}

/**
 * A record as values that Kafka takes: in one, or in several parts with a share of the servers and listeners each. Throws RangeError
 * where a single one of them, or the metrics of the proxy itself, is too large.
 */
export function encodedParts(
  record: MetricsRecord,
  encode: (record: MetricsRecord) => Buffer,
): EncodedPart[] {
  const nested = Math.max(1, record.servers.length, record.listeners.length);
  for (let parts = Math.ceil(nested / maxNested); ;) {
    const encoded = encodedInto(parts, record, encode);
    if (!('bytes' in encoded)) return encoded;
    if (parts === nested)
      throw new RangeError(`${nameOf(record)}: ${encoded.bytes} bytes cannot be cut into records`);
    parts = Math.min(nested, Math.max(parts + 1, Math.ceil((parts * encoded.bytes) / maxValueBytes)));
  }
}

/** The parts, or the size of the first one that is too large. */
function encodedInto(
  parts: number,
  record: MetricsRecord,
  encode: (record: MetricsRecord) => Buffer,
): EncodedPart[] | { readonly bytes: number } {
  const encoded: EncodedPart[] = [];
  for (let i = 0; i < parts; i++) {
    const part = parts === 1 ? record : partOf(record, i, parts);
    const value = encode(part);
    if (value.length > maxValueBytes) return { bytes: value.length };
    encoded.push({ part, value });
  }
  return encoded;
}

function partOf(record: MetricsRecord, part: number, parts: number): MetricsRecord {
  const share = <T>(all: readonly T[]): T[] =>
    all.slice(Math.floor((part * all.length) / parts), Math.floor(((part + 1) * all.length) / parts));
  return {
    ...record,
    part,
    parts,
    metrics: part === 0 ? record.metrics : new Map(),
    servers: share(record.servers),
    listeners: share(record.listeners),
  };
}

function nameOf({ kind, proxy, node, cluster }: MetricsRecord): string {
  return `${kind} ${proxy} of ${node || cluster}`;
}
