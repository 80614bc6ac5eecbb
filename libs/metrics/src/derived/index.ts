export { compileDerived, type CompiledDerived, type DerivedOptions } from './compile-derived';
export type { DerivedDefinition, DerivedFault } from './definition-compiler';
export { Deriver } from './deriver';
export { derivedMetrics, type DerivedMetric } from './derived-metrics';
export { distributionMetrics, type DistributionMetric } from './distribution';
export { metricNames } from './metric-names';
export { formulaFunctions, type FormulaFunction } from './operations';
export { symbolOf } from './symbol-of';
