import { validateRegistry } from '@haproxystats/messaging';
import type { Objection, Settings } from '@haproxystats/runtime';

const role = 'kafka';

/**
 * Who writes results needs Kafka, and for Avro a registry, which must be reachable as its settings say. Events without Kafka are lines of
 * the log.
 */
export function validateResults(settings: Settings): Objection[] {
  const { process, kafka, results, registry } = settings;
  const hasEvents = process.roles.includes('events') && kafka.brokers !== undefined;
  if (!process.roles.includes(role) && !hasEvents) return [];
  if (!kafka.brokers)
    return [
      {
        section: 'process',
        key: 'roles',
        message: `role '${role}' needs 'brokers' in section 'kafka': it writes into topics`,
      },
    ];
  if (results.format === 'avro' && registry.url === undefined)
    return [
      {
        section: 'results',
        key: 'format',
        message: "'avro' needs 'url' in section 'registry'; 'json' needs no registry",
      },
    ];
  return results.format === 'json' ? [] : validateRegistry(settings);
}
