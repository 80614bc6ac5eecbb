export { relayName, type GraphiteAddress } from './graphite-connection';
export * from './graphite.sink';
export * from './graphite-lines';
export * from './graphite-names';
export type { LineBlock } from './line-writer';
export type { GroupPaths } from './path-groups';
export type { ProcessLabel } from './process-labels';
export type { PartialSlots } from './withheld-frames';
