export * from './processor.config';
export * from './processor-config-of';
export * from './process-program';
export * from './start-processor';
