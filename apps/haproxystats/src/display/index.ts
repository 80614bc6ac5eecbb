export * from './columns';
export * from './reports';
export * from './run-display';
export * from './painter';
