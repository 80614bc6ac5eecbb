import { eventsSettings } from './events-settings';
import { generalSettings } from './general-settings';
import { graphiteSettings } from './graphite-settings';
import { localStoreSettings } from './local-store-settings';
import { processSettings } from './process-settings';
import { pullSettings } from './pull-settings';
import { registrySettings } from './registry-settings';
import { resultsSettings } from './results-settings';
import type { Setting, SettingTypes } from './setting';
import { sharedSettings } from './shared-settings';

const rows = [
  ...generalSettings,
  ...pullSettings,
  ...processSettings,
  ...graphiteSettings,
  ...localStoreSettings,
  ...sharedSettings,
  ...registrySettings,
  ...resultsSettings,
  ...eventsSettings,
] as const;

/** THE SETTINGS. A new one is a row in the file of its section; types, validation, rendering and docs/CONFIGURATION.md follow. */
export const settingsTable: readonly Setting[] = rows;

/** Sections whose options are NAME = pattern, with names of the user's own. */
export const groupSections = ['frontend-groups', 'backend-groups', 'server-groups'] as const;

export type GroupSection = (typeof groupSections)[number];

/** The same for groups whose members are added up, with the kind of entity that they have. */
export const sumSections = {
  'frontend-sums': 'frontend',
  'backend-sums': 'backend',
  'server-sums': 'server',
} as const;

export type SumSection = keyof typeof sumSections;

/** Sections whose options are NAME = formula, with names of the user's own, and the kind of entity that they are computed for; undefined: all. */
export const derivedSections = {
  derived: undefined,
  'daemon-derived': 'daemon',
  'frontend-derived': 'frontend',
  'backend-derived': 'backend',
  'server-derived': 'server',
  'listener-derived': 'listener',
} as const;

export type DerivedSection = keyof typeof derivedSections;

/** Sections that hold names of the user's own, where [DEFAULT] has no say. */
export const namedSections: readonly string[] = [
  ...groupSections,
  ...Object.keys(sumSections),
  ...Object.keys(derivedSections),
];

/** Sections in which users keep variables of their own. */
export const variableSections: readonly string[] = ['DEFAULT', 'paths'];

type Row = (typeof rows)[number];

type ValueOf<R extends Setting> = R extends { choices: readonly (infer Word)[] }
  ? R['type'] extends 'list'
    ? readonly Word[]
    : Word
  : SettingTypes[R['type']];

type Presence<R> = R extends { default: unknown } | { inherits: true } ? never : undefined;

/** The value of every row, as `settings[section][key]`; undefined only where the row has no default. */
export type SettingValues = {
  readonly [S in Row['section']]: {
    readonly [R in Extract<Row, { section: S }> as R['key']]: ValueOf<R> | Presence<R>;
  };
};
