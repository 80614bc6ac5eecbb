export * from './poll';
export * from './field';
export * from './fields';
export * from './parse-info';
export * from './stat-scanner';
export { StatFormatError } from './stat-header';
export * from './split-reply';
