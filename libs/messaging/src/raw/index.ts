export * from './manifest';
export * from './raw-record';
