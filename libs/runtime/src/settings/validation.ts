import { builtInPlace } from './built-in';
import { entryName } from './entry-name';
import type { Findings, Place } from './fault';
import { lookUp, type Ini } from './ini';
import type { Settings } from './settings';

/** What is wrong with an entry, said without naming it. */
export interface Objection {
  readonly section: string;
  /** The option, or the name of a group or derived metric. */
  readonly key: string;
  readonly message: string;
}

/** Knows more of what settings mean than this lib does. In the place of wrong entries it sees the defaults. */
export type Validator = (settings: Settings) => readonly Objection[];

/** Refuses what the validators object to, where it was written. An entry that has a fault already is not judged by the default in its place. */
export function validate(
  { ini, settings }: { readonly ini: Ini; readonly settings: Settings },
  validators: readonly Validator[],
  findings: Findings,
): void {
  const faulty = new Set(findings.faults.map(placeKey));
  for (const { section, key, message } of validators.flatMap((validator) => validator(settings))) {
    const place = lookUp(ini, section, key.toLowerCase()) ?? ini.get(section) ?? builtInPlace;
    if (!faulty.has(placeKey(place))) findings.refuse(place, `${entryName(section, key)}: ${message}`);
  }
}

function placeKey({ file, line }: Place): string {
  return `${file}:${line}`;
}
