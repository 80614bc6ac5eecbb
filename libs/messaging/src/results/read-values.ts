import type { HaproxyEvent } from '@haproxystats/metrics';
import { intervalRange, RecordFormatError, slotRange } from '../record-headers';
import type { MetricsRecord, NestedMetrics } from './metrics-record';
import type { WireEvent, WireMetrics } from './wire-values';

/** A record of metrics.node.v1 or metrics.cluster.v1 as it is read: a newer writer may know kinds that this reader does not. */
export type ReadMetrics = Omit<MetricsRecord, 'scope' | 'kind'> & {
  readonly scope: string;
  readonly kind: string;
};

/** A record of events.v1 as it is read: a newer writer may know types that this reader does not. */
export type ReadEvent = Omit<HaproxyEvent, 'type'> & { readonly type: string };

/** A snapshot of a busy node is cut into tens of parts. */
const maxParts = 100_000;

/** What only looks like a record is refused here: all fields of one have defaults. Throws RecordFormatError. */
export function readMetrics(wire: WireMetrics): ReadMetrics {
  const { slot, interval_ms: interval, part, parts, coverage } = wire;
  named('cluster', wire.cluster);
  named('scope', wire.scope);
  named('kind', wire.kind);
  within('slot', slot, slotRange);
  within('interval_ms', interval, intervalRange);
  within('parts', parts, { min: 1, max: maxParts });
  within('part', part, { min: 0, max: parts - 1 });
  within('coverage.covered', coverage.covered, { min: 0, max: Infinity });
  return {
    ...wire,
    coverage: { ...coverage },
    metrics: numbers(wire.metrics),
    servers: wire.servers.map(readNested),
    listeners: wire.listeners.map(readNested),
  };
}

/** Throws RecordFormatError. */
export function readEvent(wire: WireEvent): ReadEvent {
  named('id', wire.id);
  named('type', wire.type);
  named('cluster', wire.cluster);
  within('slot', wire.slot, slotRange);
  const { duration_ms: duration, ...event } = wire;
  return duration === null ? event : { ...event, duration_ms: duration };
}

function readNested({ name, metrics }: WireMetrics['servers'][number]): NestedMetrics {
  return { name, metrics: numbers(metrics) };
}

function numbers(metrics: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const name of Object.keys(metrics)) {
    const value = metrics[name]!;
    if (!Number.isFinite(value))
      throw new RecordFormatError(`metric ${JSON.stringify(name.slice(0, 80))} is ${value}`);
    values.set(name, value);
  }
  return values;
}

function named(field: string, value: string): void {
  if (value === '') throw new RecordFormatError(`the record has no ${field}`);
}

function within(field: string, value: number, { min, max }: { min: number; max: number }): void {
  if (!(value >= min && value <= max))
    throw new RecordFormatError(`${field} of the record is ${value}, not from ${min} to ${max}`);
}
