import type { Findings } from './fault';
import { defaultSection, lookUp, type Ini, type IniEntry } from './ini';
import { expand } from './interpolation';
import { compilePattern } from './python-pattern';
import { brokenLine } from './setting-value';
import { groupSections, type GroupSection } from './table';

/** Proxies or servers whose names match belong to the group; the first group that matches wins. */
export interface Group {
  readonly name: string;
  /** As the user wrote it: a Python regex, searched for anywhere in the name. */
  readonly pattern: string;
  readonly expression: RegExp;
}

/** In file order, by the section that holds them. */
export type Groups = Readonly<Record<GroupSection, readonly Group[]>>;

export function readGroups(ini: Ini, findings: Findings): Groups {
  const groupsOf = (section: GroupSection): Group[] =>
    [...(ini.get(section)?.entries ?? [])].flatMap(([name, entry]) => {
      const group = readGroup({ ini, section, name, entry, findings });
      return group ? [group] : [];
    });
  const [frontends, backends, servers] = groupSections;
  return {
    [frontends]: groupsOf(frontends),
    [backends]: groupsOf(backends),
    [servers]: groupsOf(servers),
  };
}

interface GroupRow {
  readonly ini: Ini;
  readonly section: GroupSection;
  readonly name: string;
  readonly entry: IniEntry;
  readonly findings: Findings;
}

function readGroup({ ini, section, name, entry, findings }: GroupRow): Group | undefined {
  const where = `group '${name}' in section '${section}'`;
  if (ini.get(defaultSection)?.entries.has(name)) {
    findings.warn(entry, `${where} is ignored: its name is that of an option of [DEFAULT]. Rename it`);
    return undefined;
  }
  const expansion = expand(ini, section, entry.value);
  if ('kind' in expansion) {
    findings.refuse(entry, `${where}: ${expansion.message}`);
    return undefined;
  }
  const compiled = expansion.text.includes('\n') ? { fault: brokenLine } : compilePattern(expansion.text);
  if ('fault' in compiled) {
    findings.refuse(entry, `${where}: pattern '${expansion.text}' can't be used: ${compiled.fault}`);
    return undefined;
  }
  return { name, pattern: expansion.text, expression: compiled.value };
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
