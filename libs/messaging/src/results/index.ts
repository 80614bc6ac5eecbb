/*
 * What the package exports under its own name, for programs of others (docs/CONSUMERS.md): what is added here is promised to them, and
 * belongs into ../../consumers.d.ts too.
 */
export { RecordFormatError } from '../record-headers';
export { RegistryFault } from '../registry/registry-fault';
export type { RegistrySettings } from '../registry/registry-settings';
export { LatestPerKey, type LatestPerKeyOptions } from './latest-per-key';
export type { MetricsRecord, NestedMetrics, RecordCoverage } from './metrics-record';
export type { ReadEvent, ReadMetrics } from './read-values';
export { RecordDecoder } from './record-decoder';
export { eventKey, metricsKey } from './record-keys';
