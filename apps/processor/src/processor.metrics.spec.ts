import { Registry } from 'prom-client';
import { readerMetrics } from './processor.metrics';

describe("the readers' metrics", () => {
  it('tell lag by role and partition, and what was lost, as it is at each scrape', async () => {
    const registry = new Registry();
    const node = { lag: () => new Map([[3, 7]]), lost: 2 };
    const graphite = { lag: () => new Map<number, number>() };
    readerMetrics(
      registry,
      new Map([
        ['node', node],
        ['graphite', graphite],
      ]),
    );
    await registry.metrics();
    node.lost = 5;
    const lines = (await registry.metrics()).split('\n').filter((line) => /^haproxystats/.test(line));
    expect(lines).toEqual([
      'haproxystats_processor_lag_records{role="node",partition="3"} 7',
      'haproxystats_processor_lost_records_total{role="node"} 5',
      'haproxystats_processor_lost_records_total{role="graphite"} 0',
    ]);
  });
});
