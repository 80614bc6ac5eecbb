export * from './field-metrics';
export * from './finish';
export * from './frame';
export * from './merge-processes';
