export * from './directory-log-reader';
export * from './directory-log-writer';
