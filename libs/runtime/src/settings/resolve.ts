import { isWritten } from './built-in';
import { entryName } from './entry-name';
import type { Findings } from './fault';
import { defaultSection, lookUp, type Ini, type IniEntry } from './ini';
import { expand } from './interpolation';
import type { Setting } from './setting';
import { parseSetting, type SettingValue } from './setting-value';
import { settingsTable, type SettingValues } from './table';

/** All layers in one, and the lowest alone for what is wrong in the others. */
export interface Layers {
  readonly ini: Ini;
  readonly builtIn: Ini;
}

interface Refusal {
  readonly entry: IniEntry;
  readonly fault: string;
}

/** The value of every row; in the place of a faulty one stands its default. */
export function resolveSettings({ ini, builtIn }: Layers, findings: Findings): SettingValues {
  const values: Record<string, Record<string, SettingValue | undefined>> = {};
  for (const row of settingsTable) {
    let found = resolve(ini, row);
    if ('fault' in found) {
      if (!isReportedElsewhere(ini, row, found.entry))
        findings.refuse(found.entry, sentence(row, found.fault));
      found = resolve(builtIn, row);
    }
    if ('fault' in found) findings.refuse(found.entry, sentence(row, found.fault));
    else (values[row.section] ??= {})[row.key] = found.value;
  }
  return values as unknown as SettingValues;
}

function resolve(ini: Ini, row: Setting): { value: SettingValue | undefined } | Refusal {
  const entry = lookUp(ini, row.section, row.key);
  if (!entry || (row.needsSection && !isWritten(ini.get(row.section)))) return { value: undefined };
  const expansion = expand(ini, row.section, entry.value);
  const parsed = 'text' in expansion ? parseSetting(row, expansion.text) : unfilled(row, expansion.message);
  return 'fault' in parsed ? { ...parsed, entry } : parsed;
}

function unfilled({ secret }: Setting, message: string): { fault: string } {
  return { fault: secret ? "a '$' is written $$, or begins ${section:option}" : message };
}

/** An inherited value belongs to the row of [DEFAULT]; a default fails only by what it refers to. */
function isReportedElsewhere(ini: Ini, row: Setting, entry: IniEntry): boolean {
  if (!isWritten(entry)) return true;
  const isInherited = ini.get(row.section)?.entries.get(row.key) !== entry;
  return (
    isInherited && settingsTable.some(({ section, key }) => section === defaultSection && key === row.key)
  );
}

function sentence({ section, key, type }: Setting, fault: string): string {
  if (fault === 'no value') return `no value for option '${key}' in section '${section}'`;
  const what = key === 'loglevel' && type === 'choice' ? 'invalid loglevel: ' : '';
  return `${entryName(section, key)}: ${what}${fault}`;
}

/** Says once, for each option that somebody has written, that it changes nothing. */
export function warnOfNoEffect(ini: Ini, findings: Findings): void {
  for (const { section, key, noEffect } of settingsTable) {
    const entry = ini.get(section)?.entries.get(key);
    if (noEffect === undefined || !isWritten(entry)) continue;
    findings.warn(entry, `${entryName(section, key)} has no effect: ${noEffect.replaceAll('`', "'")}`);
  }
}
