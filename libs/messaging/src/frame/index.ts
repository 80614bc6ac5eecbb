export * from './frame-codec';
export * from './frame-collector';
export * from './frame-record';
