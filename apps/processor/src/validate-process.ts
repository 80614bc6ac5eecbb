import { validateKafka } from '@haproxystats/messaging';
import type { Validator } from '@haproxystats/runtime';
import { validateRedis } from './coordinator/redis-connection';
import { validateProcessDerived } from './validate-process-derived';
import { validateProcessDirectories } from './validate-process-directories';
import { validateProcessMetrics } from './validate-process-metrics';
import { validateStorePlace } from './validate-store-place';

/** What any program must check that finishes frames. */
export const metricValidators: readonly Validator[] = [validateProcessMetrics, validateProcessDerived];

/** What any program must check that may keep them in the local store. */
export const storeValidators: readonly Validator[] = [...metricValidators, validateStorePlace];

/** What haproxystats-process checks before it starts. */
export const processValidators: readonly Validator[] = [
  ...storeValidators,
  validateProcessDirectories,
  validateKafka,
  validateRedis,
];
