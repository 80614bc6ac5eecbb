export * from './directory-log-reader';
export * from './directory-log-writer';
export { endsEntry } from './offsets';
export type { WhenFull } from './queue-room';
