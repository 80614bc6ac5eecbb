export * from './log';
export * from './topics';
