export { askHAProxy } from './answers';
export { describeWith } from './describe-with';
export { eventually, until } from './eventually';
export { freePort } from './free-port';
export type * from './servers';
