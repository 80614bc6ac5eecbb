import type { Objection, Settings } from '@haproxystats/runtime';

/** What the cluster role takes where the logs are directories: these keep entries for those readers only that they know of. */
const besideCluster = ['node', 'graphite'] as const;

/** Without Kafka the cluster role works only in one process with who writes what it reads, and reads what it writes. */
export function validateProcessRoles({ process: { roles }, kafka }: Settings): Objection[] {
  if (kafka.brokers || !roles.includes('cluster')) return [];
  const lacking = besideCluster.filter((role) => !roles.includes(role));
  if (lacking.length === 0) return [];
  const message = `without [kafka] brokers role 'cluster' needs ${lacking.map((role) => `'${role}'`).join(' and ')} beside it`;
  return [{ section: 'process', key: 'roles', message }];
}
