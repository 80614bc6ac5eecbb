import { isWritten } from './built-in';
import { entryName } from './entry-name';
import type { Findings } from './fault';
import { lookUp, type Ini } from './ini';
import type { SettingValues } from './table';

const role = 'local-store';
type Roles = SettingValues['process']['roles'];

/**
 * What is added to the roles where nothing is said about them. Who names a directory wants it filled, as with the original; who has Kafka
 * may well have several nodes.
 */
export function withImpliedRoles(values: SettingValues, ini: Ini): SettingValues {
  const { process, kafka, 'local-store': store } = values;
  if (isWritten(lookUp(ini, 'process', 'roles'))) return values;
  const [first, ...others] = process.roles;
  const merging: Roles = kafka.brokers === undefined ? [] : ['cluster'];
  const storing: Roles = store.dir === undefined ? [] : [role];
  const roles = [first!, ...merging, ...others, ...storing];
  return { ...values, process: { ...process, roles } };
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
