import { derivedSections, groupSections } from './table';

/** How messages call an entry, as in `option 'port' in section 'graphite'`. */
export function entryName(section: string, name: string): string {
  return `${nounOf(section)} '${name}' in section '${section}'`;
}

function nounOf(section: string): string {
  if (section in derivedSections) return 'derived metric';
  return (groupSections as readonly string[]).includes(section) ? 'group' : 'option';
}
