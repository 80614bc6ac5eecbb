export { toldColumns } from './dropped-columns';
export { groupsReading } from './logs';
export * from './node/merge-node';
export * from './node/merging';
export * from './processor.config';
export * from './processor-config-of';
export * from './process-program';
export * from './start-processor';
export { metricValidators, storeValidators } from './validate-process';
