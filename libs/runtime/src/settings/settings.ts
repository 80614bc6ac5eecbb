import type { DerivedSetting } from './derived';
import type { Groups, Sums } from './groups';
import type { SettingValues } from './table';

/** What users have set, or the defaults: `settings.pull['socket-dir']`. Times are seconds. */
export type Settings = SettingValues & {
  readonly groups: Groups;
  readonly sums: Sums;
  readonly derived: readonly DerivedSetting[];
  /** `section.key` of all that somebody has written, in a file or in the environment; also where it says what is so by default. */
  readonly written: ReadonlySet<string>;
};
