import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Registry } from 'prom-client';
import { processorMetrics, readerMetrics } from './processor.metrics';

describe("the processor's metrics", () => {
  it('have a row each in docs/RUNNING.md', () => {
    const registry = new Registry();
    processorMetrics(registry);
    readerMetrics(registry, new Map());
    const page = readFileSync(resolve(__dirname, '../../../docs/RUNNING.md'), 'utf8');
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !page.includes(`\n| \`${name}\` `))).toEqual([]);
  });
});

describe("the readers' metrics", () => {
  it('tell lag by role, topic and partition, and what was lost, as it is at each scrape', async () => {
    const registry = new Registry();
    const node = { lag: () => new Map([[3, 7]]), lost: 2, refused: 4 };
    const graphite = { lag: () => new Map<number, number>() };
    readerMetrics(
      registry,
      new Map([
        [{ role: 'node', topic: 'raw' }, node],
        [{ role: 'graphite', topic: 'framesNode' }, graphite],
        [
          { role: 'graphite', topic: 'framesCluster' },
          { ...graphite, lag: () => new Map([[0, 2]]) },
        ],
      ]),
      new Map([['node', { writer: { refused: 1 } }]]),
    );
    await registry.metrics();
    node.lost = 5;
    const lines = (await registry.metrics()).split('\n').filter((line) => /^haproxystats/.test(line));
    expect(lines).toEqual([
      'haproxystats_processor_lag_records{role="node",topic="raw.v1",partition="3"} 7',
      'haproxystats_processor_lag_records{role="graphite",topic="frames.cluster.v1",partition="0"} 2',
      'haproxystats_processor_lost_records_total{role="node"} 5',
      'haproxystats_processor_lost_records_total{role="graphite"} 0',
      'haproxystats_processor_refusals_total{role="node"} 5',
      'haproxystats_processor_refusals_total{role="graphite"} 0',
    ]);
  });
});
