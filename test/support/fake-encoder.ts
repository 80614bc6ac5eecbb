import { RegistryFault, type MetricsRecord, type RecordEncoder } from '@haproxystats/messaging';

/** A record as JSON has it. */
export interface PlainRecord extends Omit<MetricsRecord, 'metrics' | 'servers' | 'listeners'> {
  readonly metrics: Readonly<Record<string, number>>;
  readonly servers: readonly PlainNested[];
  readonly listeners: readonly PlainNested[];
}

interface PlainNested {
  readonly name: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A fake encoder: values are JSON; `refuse` makes it wait for its registry, as one that cannot be reached. */
export class FakeEncoder implements RecordEncoder {
  refuse = false;

  prepare(): Promise<void> {
    return this.refuse ? Promise.reject(new RegistryFault('the registry is away')) : Promise.resolve();
  }

  encodeMetrics(record: MetricsRecord): Buffer {
    return Buffer.from(JSON.stringify(plain(record)));
  }

  encodeEvent(): Buffer {
    throw new Error('no test wants events of this');
  }
}

export function plain({ metrics, servers, listeners, ...rest }: MetricsRecord): PlainRecord {
  const nested = (all: MetricsRecord['servers']): PlainNested[] =>
    all.map((one) => ({ name: one.name, metrics: Object.fromEntries(one.metrics) }));
  return {
    ...rest,
    metrics: Object.fromEntries(metrics),
    servers: nested(servers),
    listeners: nested(listeners),
  };
}

/** The numbers of a record's value as lines `CLUSTER.NODE.KIND.PROXY[.servers.NAME].METRIC VALUE SLOT`. */
export function linesOf(value: Buffer): string[] {
  const record = JSON.parse(value.toString()) as PlainRecord;
  const { cluster, node, kind, proxy, slot } = record;
  const lines = (path: string, metrics: PlainRecord['metrics']): string[] =>
    Object.entries(metrics).map(([name, number]) => `${path}.${name} ${number} ${slot}`);
  const own = [cluster, node, kind, proxy].join('.');
  const nested = (['servers', 'listeners'] as const).flatMap((list) =>
    record[list].flatMap(({ name, metrics }) => lines(`${own}.${list}.${name}`, metrics)),
  );
  return [...lines(own, record.metrics), ...nested];
}
