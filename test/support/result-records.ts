import fc from 'fast-check';
import type { HaproxyEvent } from '@haproxystats/metrics';
import type { MetricsRecord } from '@haproxystats/messaging';

/** A whole record of a backend on a node; what differs comes from the test. */
export function metricsRecord(different: Partial<MetricsRecord> = {}): MetricsRecord {
  return {
    scope: 'node',
    cluster: 'edge',
    node: 'lb1',
    kind: 'backend',
    proxy: 'app',
    slot: 1_700_000_000_000,
    interval_ms: 10_000,
    coverage: { covered: 2, expected: 2, nodes_seen: 1, nodes_expected: 1, complete: true, late: false },
    part: 0,
    parts: 1,
    metrics: new Map([
      ['stot', 12],
      ['scur', 0.5],
    ]),
    servers: [{ name: 's1', metrics: new Map([['stot', 7]]) }],
    listeners: [],
    ...different,
  };
}

export function haproxyEvent(different: Partial<HaproxyEvent> = {}): HaproxyEvent {
  return {
    id: 'e1',
    type: 'server_state',
    cluster: 'edge',
    node: 'lb1',
    entity: 'server app/s1',
    slot: 1_700_000_000_000,
    from: 'UP',
    to: 'DOWN',
    duration_ms: 60_000,
    detail: 'Connection refused',
    ...different,
  };
}

const name = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const metrics = fc
  .array(fc.tuple(fc.oneof(name, fc.constantFrom('__proto__', 'constructor', 'toString')), finite()), {
    maxLength: 12,
  })
  // avsc and JSON.parse make objects, whose prototype has this one name.
  .map((pairs) => new Map(pairs.filter(([key]) => key !== '__proto__')));
const nested = fc.array(fc.record({ name, metrics }), { maxLength: 5 });
const count = fc.nat({ max: 100_000 });

function finite(): fc.Arbitrary<number> {
  // JSON has no -0.
  return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
}

export const arbitraryMetrics: fc.Arbitrary<MetricsRecord> = fc.record({
  scope: fc.constantFrom('node', 'cluster'),
  cluster: name,
  node: fc.oneof(name, fc.constant('')),
  kind: fc.constantFrom('daemon', 'process', 'frontend', 'backend', 'aggregated-server'),
  proxy: fc.oneof(name, fc.constant('')),
  slot: fc.integer({ min: 1, max: 7_258_118_400_000 }),
  interval_ms: fc.integer({ min: 1, max: 86_400_000 }),
  coverage: fc.record({
    covered: count,
    expected: count,
    nodes_seen: count,
    nodes_expected: count,
    complete: fc.boolean(),
    late: fc.boolean(),
  }),
  part: fc.constant(0),
  parts: fc.integer({ min: 1, max: 9 }),
  metrics,
  servers: nested,
  listeners: nested,
});

export const arbitraryEvent: fc.Arbitrary<HaproxyEvent> = fc
  .record({
    id: name,
    type: fc.constantFrom('process_started', 'server_state', 'node_left'),
    cluster: name,
    node: fc.oneof(name, fc.constant('')),
    entity: name,
    slot: fc.integer({ min: 1, max: 7_258_118_400_000 }),
    from: fc.string(),
    to: fc.string({ unit: 'grapheme' }),
    detail: fc.string(),
    duration_ms: fc.option(fc.integer({ min: 0, max: 7_258_118_400_000 }), { nil: undefined }),
  })
  .map(({ duration_ms: duration, ...event }) =>
    duration === undefined ? event : { ...event, duration_ms: duration },
  );
