import { derivedSections, groupSections, sumSections } from './table';

/** How messages call an entry, as in `option 'port' in section 'graphite'`. */
export function entryName(section: string, name: string): string {
  return `${nounOf(section)} '${name}' in section '${section}'`;
}

function nounOf(section: string): string {
  if (section in derivedSections) return 'derived metric';
  const ofGroups: readonly string[] = [...groupSections, ...Object.keys(sumSections)];
  return ofGroups.includes(section) ? 'group' : 'option';
}
