import type { KafkaSettings } from '@haproxystats/messaging';
import type { ProcessorConfig } from './processor.config';
import { groupsReading, logDirectory } from './logs';
import { groupOf, readingsOf } from './readings';

const kafka = {} as KafkaSettings;

function configOf(change: Partial<ProcessorConfig>): ProcessorConfig {
  const directories = { rawDirectory: 'raw', framesDirectory: 'frames', clusterFramesDirectory: 'clusters' };
  return { groupPrefix: 'hs', roles: ['node', 'graphite'], ...directories, ...change } as ProcessorConfig;
}

describe('what roles read', () => {
  it.each([
    ['in Kafka', { kafka }, ['hs-node raw', 'hs-graphite framesNode', 'hs-graphite-cluster framesCluster']],
    ['in directories', {}, ['hs-node raw', 'hs-graphite framesNode']],
    [
      'in directories with the cluster role',
      { roles: ['node', 'cluster', 'graphite'] },
      ['hs-node raw', 'hs-cluster framesNode', 'hs-graphite framesNode', 'hs-graphite-cluster framesCluster'],
    ],
  ] satisfies [string, Partial<ProcessorConfig>, string[]][])(
    '%s: each topic by a group of its own',
    (_, change, expected) => {
      const config = configOf(change);
      const readings = readingsOf(config);
      expect(readings.map((reading) => `${groupOf(reading, config)} ${reading.topic}`)).toEqual(expected);
    },
  );

  it('keeps the frames of nodes in a directory for the cluster role only where it runs', () => {
    expect(groupsReading('framesNode', configOf({}))).toEqual(['hs-graphite']);
    const config = configOf({ roles: ['node', 'cluster', 'graphite'] });
    expect(groupsReading('framesNode', config)).toEqual(['hs-cluster', 'hs-graphite']);
    expect(groupsReading('framesCluster', config)).toEqual(['hs-graphite-cluster']);
    expect(logDirectory('framesCluster', config)).toBe('clusters');
  });
});
