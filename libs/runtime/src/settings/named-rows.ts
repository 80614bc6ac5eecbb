import { entryName } from './entry-name';
import type { Findings } from './fault';
import type { Ini, IniEntry } from './ini';
import { expand } from './interpolation';
import { brokenLine } from './setting-value';

/** A row whose name is the user's own, with its references filled in. */
export interface NamedRow {
  readonly entry: IniEntry;
  /** In lower case, as Python's configparser gives it. */
  readonly key: string;
  readonly text: string;
}

/** The rows of a section in file order; what cannot be read is refused. What [DEFAULT] holds is none of them. */
export function readNamedRows(ini: Ini, section: string, findings: Findings): NamedRow[] {
  return [...(ini.get(section)?.entries ?? [])].flatMap(([key, entry]) => {
    const expansion = expand(ini, section, entry.value);
    const fault = 'kind' in expansion ? expansion.message : severalLines(expansion.text);
    if ('text' in expansion && fault === undefined) return [{ entry, key, text: expansion.text }];
    findings.refuse(entry, `${entryName(section, entry.name)}: ${fault}`);
    return [];
  });
}

function severalLines(text: string): string | undefined {
  return text.includes('\n') ? brokenLine : undefined;
}
