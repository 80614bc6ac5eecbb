export * from './local-store.sink';
