import type { Findings } from './fault';
import type { Ini, IniEntry } from './ini';
import { escapeReferences } from './interpolation';
import { nearest } from './nearest';
import { settingsTable } from './table';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'HAPROXYSTATS_';

/** The variable that overrides a setting: `pull`, `socket-dir` -> `HAPROXYSTATS_PULL_SOCKET_DIR`. */
export function variableName(section: string, key: string): string {
  return `${prefix}${section}_${key}`.replaceAll('-', '_').toUpperCase();
}

const rows = new Map(settingsTable.map((row) => [variableName(row.section, row.key), row]));

/** What Kubernetes and Docker put into the environment of a container beside a service called haproxystats-something. */
const serviceLink = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;

function isServiceLink(name: string, value: string): boolean {
  return serviceLink.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));
}

function suggestion(name: string): string {
  const endings = [...rows.keys()].map((known) => known.slice(prefix.length));
  const near = nearest(name.slice(prefix.length), endings);
  return near === undefined ? '' : `: did you mean ${prefix}${near}?`;
}

/** The overrides of the environment as a layer above the files. Values are taken as they are, without references; an empty one counts as not set. */
export function environmentLayer(environment: Environment, findings: Findings): Ini {
  const layer: Ini = new Map();
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || value === '' || isServiceLink(name, value)) continue;
    const row = rows.get(name);
    const place = { file: name, line: 0 };
    if (!row) {
      findings.refuse(place, `unknown variable${suggestion(name)}`);
      continue;
    }
    const section = layer.get(row.section) ?? { ...place, entries: new Map<string, IniEntry>() };
    layer.set(row.section, section);
    section.entries.set(row.key, { ...place, name: row.key, value: escapeReferences(value) });
  }
  return layer;
}
