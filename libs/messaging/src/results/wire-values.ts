import type { HaproxyEvent } from '@haproxystats/metrics';
import type { MetricsRecord, NestedMetrics } from './metrics-record';

type Numbers = Readonly<Record<string, number>>;

interface WireNested {
  readonly name: string;
  readonly metrics: Numbers;
}

/** A MetricsRecord as Avro and JSON have it: maps are objects. */
export type WireMetrics = Omit<MetricsRecord, 'metrics' | 'servers' | 'listeners' | 'scope' | 'kind'> & {
  readonly scope: string;
  readonly kind: string;
  readonly metrics: Numbers;
  readonly servers: readonly WireNested[];
  readonly listeners: readonly WireNested[];
};

/** An event as Avro and JSON have it: what is not known is null. */
export type WireEvent = Omit<HaproxyEvent, 'type' | 'duration_ms'> & {
  readonly type: string;
  readonly duration_ms: number | null;
};

/** Numbers that are not finite are left out: JSON has none, and nobody could add them up. */
export function wireMetrics(record: MetricsRecord): WireMetrics {
  return {
    ...record,
    metrics: numbers(record.metrics),
    servers: record.servers.map(wireNested),
    listeners: record.listeners.map(wireNested),
  };
}

export function wireEvent(event: HaproxyEvent): WireEvent {
  return { ...event, duration_ms: event.duration_ms ?? null };
}

function wireNested({ name, metrics }: NestedMetrics): WireNested {
  return { name, metrics: numbers(metrics) };
}

/** Without a prototype: every name is but a name. */
function numbers(metrics: ReadonlyMap<string, number>): Numbers {
  const values = Object.create(null) as Record<string, number>;
  metrics.forEach((value, name) => {
    if (Number.isFinite(value)) values[name] = value;
  });
  return values;
}
