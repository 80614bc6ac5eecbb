import type { ServerAddress } from './server-address';

/** What the text of a setting becomes. Times stay seconds, as they stand in the file. */
export interface SettingTypes {
  readonly string: string;
  readonly integer: number;
  readonly float: number;
  readonly boolean: boolean;
  readonly seconds: number;
  readonly port: number;
  readonly list: readonly string[];
  readonly servers: readonly ServerAddress[];
  readonly choice: string;
}

export type SettingType = keyof SettingTypes;

/** One row of the settings table. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  readonly type: SettingType;
  /** As it would stand in the file, references included. Absent: unset. */
  readonly default?: string | number | boolean;
  /** For an operator: what it does, as whole sentences. */
  readonly doc: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** The words that are allowed, for a choice or for the elements of a list. */
  readonly choices?: readonly string[];
  /** Other words for a choice. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** Between the elements of a list; a comma unless told otherwise. */
  readonly separator?: ' ';
  /** Why a text (or an element of a list) can't be used, if so. Must not quote a secret. */
  readonly check?: (text: string) => string | undefined;
  /** Has no default of its own, but [DEFAULT] always has one. */
  readonly inherits?: true;
  /** Holds a password, or may hold one within a URL: shown with that hidden, never quoted in a message. */
  readonly secret?: 'whole' | 'in-url';
  /** Misspellings that were published: taken, with a warning. */
  readonly aliases?: readonly string[];
  /** An option of the original that is accepted and changes nothing: why. */
  readonly noEffect?: string;
  /** Counts only where somebody has written the section: an inherited value alone switches nothing on. */
  readonly needsSection?: true;
}

/** The name of the host, as a reference that defaults and users may write. */
export const hostName = '${host:name}';
