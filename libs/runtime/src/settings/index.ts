export { renderConfigurationPage } from './docs';
export { variableName, type Environment } from './environment';
export type { Fault, Parsed, Place } from './fault';
export type { Group, Groups } from './groups';
export { renderDefaults, renderFaults, renderSettings, type Program } from './render';
export { formatServerAddress, parseServerAddress, type ServerAddress } from './server-address';
export { loadSettings, type LoadedSettings, type LoadOptions, type Settings } from './settings';
export { settingsTable } from './table';
export type { Setting, SettingType } from './setting';
