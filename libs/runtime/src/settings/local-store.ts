import { isWritten } from './built-in';
import { entryName } from './entry-name';
import type { Findings } from './fault';
import { lookUp, type Ini } from './ini';
import type { SettingValues } from './table';

const role = 'local-store';

/** Who names a directory and says nothing about roles wants it filled, as with the original: the role is added. */
export function withImpliedRole(values: SettingValues, ini: Ini): SettingValues {
  const { process, 'local-store': store } = values;
  if (store.dir === undefined || isWritten(lookUp(ini, 'process', 'roles'))) return values;
  return { ...values, process: { ...process, roles: [...process.roles, role] } };
}

/** A local store without a directory: refused where its role is asked for, else a warning. The original's worker dies of it. */
export function checkLocalStore(ini: Ini, { process }: SettingValues, findings: Findings): void {
  const section = ini.get('local-store');
  const roles = lookUp(ini, 'process', 'roles');
  if (isWritten(section) && lookUp(ini, 'local-store', 'dir')) return;
  if (roles && process.roles.includes(role)) {
    const needs = `role '${role}' needs 'dir' in section 'local-store'`;
    findings.refuse(roles, `${entryName('process', 'roles')}: ${needs}`);
  } else if (isWritten(section)) {
    findings.warn(section, "section 'local-store' has no option 'dir': nothing is stored");
  }
}
