import { validateKafka } from '@haproxystats/messaging';
import type { Validator } from '@haproxystats/runtime';
import { validateRedis } from './coordinator/redis-connection';
import { validateProcessDerived } from './validate-process-derived';
import { validateProcessDirectories } from './validate-process-directories';
import { validateProcessMetrics } from './validate-process-metrics';
import { validateProcessRates } from './validate-process-rates';
import { validateResults } from './validate-results';
import { validateProcessRoles } from './validate-process-roles';
import { validateStoredShards, validateStorePlace } from './validate-store-place';

/** What any program must check that finishes frames. */
export const metricValidators: readonly Validator[] = [
  validateProcessRates,
  validateProcessMetrics,
  validateProcessDerived,
];

/** What any program must check that may keep them in the local store. */
export const storeValidators: readonly Validator[] = [
  ...metricValidators,
  validateStorePlace,
  validateStoredShards,
];

/** What haproxystats-process checks before it starts. */
export const processValidators: readonly Validator[] = [
  ...storeValidators,
  validateProcessRoles,
  validateProcessDirectories,
  validateKafka,
  validateRedis,
  validateResults,
];
