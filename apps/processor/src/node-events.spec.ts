import { Registry } from 'prom-client';
import { silentLogger } from '@haproxystats/runtime';
import { nodeEvents } from './node-events';
import { processorMetrics } from './processor.metrics';

describe('nodeEvents', () => {
  it.each([
    ['late', 'late_records_total'],
    ['duplicate', 'duplicates_total'],
    ['unreadableRecord', 'unreadable_records_total'],
    ['unreadableProcess', 'unreadable_processes_total'],
  ] as const)('counts %s as %s', async (event, name) => {
    const registry = new Registry();
    const events = nodeEvents(processorMetrics(registry), silentLogger);
    events[event]();
    events[event]();
    const counted = (await registry.metrics()).split('\n').filter((line) => /^[^#].* [1-9]/.test(line));
    expect(counted).toEqual([`haproxystats_processor_${name} 2`]);
  });
});
