export { LatestPerKey, type LatestPerKeyOptions } from './latest-per-key';
export type { MetricsRecord, NestedMetrics, RecordCoverage } from './metrics-record';
export type { ReadEvent, ReadMetrics } from './read-values';
export { RecordDecoder } from './record-decoder';
export { eventKey, metricsKey } from './record-keys';
