export * from './coverage-filter';
export * from './frame-feed';
export * from './graphite';
export * from './sink';
