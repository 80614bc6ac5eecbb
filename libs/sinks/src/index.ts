export * from './coverage-filter';
export * from './frame-feed';
export * from './frame-finisher';
export * from './graphite';
export * from './kafka';
export * from './local-store';
export * from './name-file';
export * from './sink';
