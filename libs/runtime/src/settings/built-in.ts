import type { Place } from './fault';
import type { Ini, IniEntry } from './ini';
import { escapeReferences } from './interpolation';
import { settingsTable } from './table';

/** The place of what no file says. */
export const builtInPlace = { file: 'built-in default', line: 0 } as const;

/** The lowest layer: the defaults of the table, and `${host:name}`. */
export function builtInLayer(hostname: string): Ini {
  const layer: Ini = new Map();
  const set = (section: string, key: string, value: string): void => {
    const known = layer.get(section) ?? { ...builtInPlace, entries: new Map<string, IniEntry>() };
    known.entries.set(key, { ...builtInPlace, name: key, value });
    layer.set(section, known);
  };
  set('host', 'name', escapeReferences(hostname));
  for (const row of settingsTable) {
    if (row.default !== undefined) set(row.section, row.key, String(row.default));
  }
  return layer;
}

/** `section.key` of what somebody has written. */
export function writtenOptions(ini: Ini): Set<string> {
  return new Set(
    [...ini].flatMap(([section, { entries }]) =>
      [...entries].flatMap(([key, entry]) => (isWritten(entry) ? `${section}.${key}` : [])),
    ),
  );
}

/** Whether somebody has written it, in a file or in the environment. */
export function isWritten<P extends Place>(what: P | undefined): what is P {
  return what !== undefined && what.file !== builtInPlace.file;
}
