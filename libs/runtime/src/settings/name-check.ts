import { entryName } from './entry-name';
import { type Findings } from './fault';
import type { Ini, IniSection } from './ini';
import { nearest } from './nearest';
import { namedSections, settingsTable, variableSections } from './table';

const keysBySection = new Map<string, string[]>();
const aliases = new Map<string, string>();
for (const { section, key, aliases: misspelt = [] } of settingsTable) {
  keysBySection.set(section, [...(keysBySection.get(section) ?? []), key]);
  for (const alias of misspelt) aliases.set(`${section}:${alias}`, key);
}

const sections = [...keysBySection.keys(), ...namedSections];

/** Refuses what the table does not know, with the nearest known name; gives misspellings that were published their right name. */
export function checkNames(ini: Ini, findings: Findings): void {
  for (const [name, section] of ini) {
    const keys = keysBySection.get(name);
    if (keys) checkKeys(name, section, findings);
    else if (!namedSections.includes(name)) {
      const own = 'variables of your own belong in [DEFAULT] or [paths]';
      findings.refuse(section, `unknown section '${name}': ${suggestion(name, sections) ?? own}`);
    }
  }
}

function checkKeys(name: string, { entries }: IniSection, findings: Findings): void {
  const known = keysBySection.get(name) ?? [];
  for (const [key, entry] of [...entries]) {
    const right = aliases.get(`${name}:${key}`);
    if (right !== undefined) {
      const both = entries.has(right);
      if (!both) entries.set(right, entry);
      const effect = both ? 'it is ignored' : `taken as '${right}'`;
      findings.warn(entry, `${entryName(name, key)} is spelled '${right}': ${effect}`);
    } else if (!known.includes(key) && !variableSections.includes(name)) {
      findings.refuse(entry, `unknown ${entryName(name, key)}: ${adviceFor(key, known)}`);
    }
  }
}

function adviceFor(key: string, known: readonly string[]): string {
  const near = suggestion(key, known);
  if (near !== undefined) return near;
  const homes = settingsTable.filter((row) => row.key === key).map(({ section }) => `[${section}]`);
  if (homes.length > 0) return `it belongs in ${homes.join(' or ')}`;
  return 'variables of your own belong in [DEFAULT] or [paths]';
}

function suggestion(name: string, candidates: readonly string[]): string | undefined {
  const near = nearest(name, candidates);
  return near === undefined ? undefined : `did you mean '${near}'?`;
}
