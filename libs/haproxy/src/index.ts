export * from './poll';
export * from './field';
export * from './fields';
export * from './parse-info';
export * from './parse-stat';
export { StatFormatError } from './stat-header';
export * from './split-reply';
