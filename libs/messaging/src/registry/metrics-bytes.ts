import type { MetricsRecord, NestedMetrics } from '../results/metrics-record';
import type { AvroWriter } from './avro-writer';

/**
 * Writes a record field by field, as its schema has them. avsc takes two and a half times as long, most of it for an object of each row; a
 * test compares the bytes.
 */
export function writeMetrics(record: MetricsRecord, writer: AvroWriter): void {
  for (const text of [record.scope, record.cluster, record.node, record.kind, record.proxy])
    writer.string(text);
  writer.long(record.slot);
  writer.long(record.interval_ms);
  writeCoverage(record, writer);
  writer.long(record.part);
  writer.long(record.parts);
  writer.doubles(record.metrics);
  for (const nested of [record.servers, record.listeners])
    writer.array(nested, (each) => writeNested(each, writer));
}

function writeCoverage({ coverage }: MetricsRecord, writer: AvroWriter): void {
  const { covered, expected, nodes_seen, nodes_expected, complete, late } = coverage;
  for (const count of [covered, expected, nodes_seen, nodes_expected]) writer.long(count);
  writer.boolean(complete);
  writer.boolean(late);
}

function writeNested({ name, metrics }: NestedMetrics, writer: AvroWriter): void {
  writer.string(name);
  writer.doubles(metrics);
}
