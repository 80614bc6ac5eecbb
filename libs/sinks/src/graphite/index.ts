export * from './graphite.sink';
export * from './graphite-lines';
export * from './graphite-names';
