import { entryName } from './entry-name';
import type { Findings, Parsed } from './fault';
import { defaultSection, lookUp, type Ini } from './ini';
import { readNamedRows, type NamedRow } from './named-rows';
import { compilePattern } from './python-pattern';
import { slowName } from './slow-pattern';
import type { sumSections } from './table';
import { groupSections, type GroupSection, type SumSection } from './table';

/** Proxies or servers whose names match belong to the group; the first group that matches wins. */
export interface Group {
  /** In lower case, as the original forms its paths. */
  readonly name: string;
  /** As the user wrote it: a Python regex, searched for anywhere in the name. */
  readonly pattern: string;
  readonly expression: RegExp;
}

/** In file order, by the section that holds them. */
export type Groups = Readonly<Record<GroupSection, readonly Group[]>>;

/** Groups whose members are added up, by what these are. A member counts in each of its groups; names have the capitals of the user. */
export type Sums = Readonly<Record<(typeof sumSections)[SumSection], readonly Group[]>>;

export function readGroups(ini: Ini, findings: Findings): Groups {
  const groupsOf = (section: GroupSection): Group[] =>
    readNamedRows(ini, section, findings).flatMap((row) => readGroup(row, { ini, section, findings }));
  const [frontends, backends, servers] = groupSections;
  return {
    [frontends]: groupsOf(frontends),
    [backends]: groupsOf(backends),
    [servers]: groupsOf(servers),
  };
}

export function readSums(ini: Ini, findings: Findings): Sums {
  const sumsOf = (section: SumSection): Group[] =>
    readNamedRows(ini, section, findings).flatMap((row) => readSum(row, { ini, section, findings }));
  return {
    frontend: sumsOf('frontend-sums'),
    backend: sumsOf('backend-sums'),
    server: sumsOf('server-sums'),
  };
}

interface GroupPlace {
  readonly ini: Ini;
  readonly section: GroupSection | SumSection;
  readonly findings: Findings;
}

/** None, or one. */
function readGroup({ entry, key, text }: NamedRow, place: GroupPlace): Group[] {
  const { ini, section, findings } = place;
  const where = entryName(section, entry.name);
  if (ini.get(defaultSection)?.entries.has(key)) {
    findings.warn(entry, `${where} is ignored: its name is that of an option of [DEFAULT]. Rename it`);
    return [];
  }
  return groupNamed(key, { entry, text }, place);
}

/** A name that no receiver has to change, so that no two become one. */
function readSum({ entry, text }: NamedRow, place: GroupPlace): Group[] {
  if (/^[A-Za-z0-9_-]+$/.test(entry.name)) return groupNamed(entry.name, { entry, text }, place);
  const where = entryName(place.section, entry.name);
  place.findings.refuse(entry, `${where}: the name must be made of letters a-z, digits, '_' and '-'`);
  return [];
}

function groupNamed(
  name: string,
  { entry, text }: Pick<NamedRow, 'entry' | 'text'>,
  { section, findings }: GroupPlace,
): Group[] {
  const usable = usablePattern(text);
  if ('value' in usable) return [{ name, pattern: text, expression: usable.value }];
  const where = entryName(section, entry.name);
  findings.refuse(entry, `${where}: pattern '${text}' can't be used: ${usable.fault}`);
  return [];
}

/** One that JavaScript can express, and that comes to an end with every name that we think of. */
function usablePattern(text: string): Parsed<RegExp> {
  const compiled = compilePattern(text);
  const slow = 'value' in compiled ? slowName(compiled.value) : undefined;
  if (slow === undefined) return compiled;
  const advice = 'write it without a repetition inside a repetition, such as (a+)+';
  return { fault: `it does not come to an end within a second for the name '${slow}': ${advice}` };
}

/** The original's rules: a group namespace needs groups and the word about double writes, groups need the namespace. */
export function checkGroups(ini: Ini, findings: Findings): void {
  const namespace = lookUp(ini, 'graphite', 'group-namespace');
  const doubleWrites = lookUp(ini, 'graphite', 'group-namespace-double-writes');
  const present = groupSections.filter((section) => ini.has(section));
  if (namespace && !doubleWrites) {
    const missing = "no value for option 'group-namespace-double-writes' in section 'graphite'";
    findings.refuse(namespace, `${missing}: 'group-namespace' needs it, true or false`);
  }
  if (namespace && present.length === 0) {
    const names = groupSections.map((section) => `[${section}]`).join(', ');
    findings.refuse(namespace, `'group-namespace' needs at least one of the sections ${names}`);
  }
  for (const section of namespace ? [] : present) {
    const missing = "no value for option 'group-namespace' in section 'graphite'";
    findings.refuse(ini.get(section)!, `${missing}: section '${section}' needs it`);
  }
}
