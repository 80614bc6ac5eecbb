import type { DerivedSetting } from './derived';
import type { Groups } from './groups';
import type { SettingValues } from './table';

/** What users have set, or the defaults: `settings.pull['socket-dir']`. Times are seconds. */
export type Settings = SettingValues & {
  readonly groups: Groups;
  readonly derived: readonly DerivedSetting[];
};
