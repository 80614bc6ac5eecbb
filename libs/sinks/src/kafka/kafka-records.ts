import {
  metricsKey,
  type FramePart,
  type LogRecord,
  type MetricsRecord,
  type RecordEncoder,
} from '@haproxystats/messaging';
import { FrameFinisher, type FinishConfig } from '../frame-finisher';
import type { NameFilePorts } from '../name-file';
import { encodedParts } from './encoded-parts';
import { metricsRecords } from './metrics-records';

const version = '1';

/** The values of one proxy and slot, in as many records as they take. */
export interface ProxyRecords {
  readonly records: readonly LogRecord[];
  /** Numbers in them. */
  readonly metrics: number;
}

/** Makes records of the topics metrics.node.v1 and metrics.cluster.v1 of frames. */
export class KafkaRecords {
  readonly #finisher: FrameFinisher;

  constructor(
    finish: FinishConfig,
    private readonly encoder: Pick<RecordEncoder, 'encodeMetrics'>,
    ports: NameFilePorts,
  ) {
    this.#finisher = new FrameFinisher(finish, ports);
  }

  /** Takes all parts of one frame. */
  *of(parts: readonly FramePart[]): Generator<ProxyRecords> {
    const finished = parts.map(({ frame }) => this.#finisher.finish(frame));
    for (const record of metricsRecords(finished)) {
      const encoded = encodedParts(record, (part) => this.encoder.encodeMetrics(part));
      yield {
        records: encoded.map(({ part, value }) => ({
          key: metricsKey(part),
          headers: headersOf(part),
          value,
        })),
        metrics: numbersIn(record),
      };
    }
  }
}

/** What readers can choose by without decoding the value. */
function headersOf({ scope, slot, coverage, part, parts }: MetricsRecord): LogRecord['headers'] {
  return {
    'hs-v': version,
    'hs-slot': String(slot),
    'hs-scope': scope,
    'hs-covered': String(coverage.covered),
    'hs-expected': String(coverage.expected),
    ...(parts > 1 && { 'hs-part': `${part}/${parts}` }),
  };
}

function numbersIn({ metrics, servers, listeners }: MetricsRecord): number {
  return [...servers, ...listeners].reduce((sum, nested) => sum + nested.metrics.size, metrics.size);
}
