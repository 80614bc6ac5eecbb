import type { HaproxyEvent } from '@haproxystats/metrics';
import type { MetricsRecord } from '../results/metrics-record';
import { wireEvent, wireMetrics } from '../results/wire-values';
import type { RecordEncoder } from './record-encoder';

/** Values as JSON, with the field names of the schemas. Needs no registry. */
export class JsonEncoder implements RecordEncoder {
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  encodeMetrics(record: MetricsRecord): Buffer {
    return Buffer.from(JSON.stringify(wireMetrics(record)));
  }

  encodeEvent(event: HaproxyEvent): Buffer {
    return Buffer.from(JSON.stringify(wireEvent(event)));
  }
}
