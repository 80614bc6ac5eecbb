export * from './frame-codec';
export * from './frame-record';
