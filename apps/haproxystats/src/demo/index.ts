export * from './demo-fleet';
export * from './receiver';
export * from './relay-answers';
export { Simulator, type SimulatorOptions } from './simulator/simulator';
export { siteOf, type Site, type SiteSize } from './site';
