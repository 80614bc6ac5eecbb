export * from './catalogue';
export * from './classic';
