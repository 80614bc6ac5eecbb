import type { Validator } from '@haproxystats/runtime';
import { validateProcessDerived } from './validate-process-derived';
import { validateProcessDirectories } from './validate-process-directories';
import { validateProcessMetrics } from './validate-process-metrics';

/** What any program must check that finishes frames. */
export const metricValidators: readonly Validator[] = [validateProcessMetrics, validateProcessDerived];

/** What haproxystats-process checks before it starts. */
export const processValidators: readonly Validator[] = [...metricValidators, validateProcessDirectories];
