import { resolve } from 'node:path';
import { directoryFault, type Objection, type Settings } from '@haproxystats/runtime';

/** A directory that the processor works in, and the option that names it. */
interface WorkDirectory {
  readonly section: 'process' | 'local-store';
  readonly key: string;
  readonly path: string;
}

/** The directories that this instance needs must be readable and writable, and each log has one of its own. */
export function validateProcessDirectories(settings: Settings): Objection[] {
  const logs = logDirectories(settings);
  const store = storeDirectory(settings);
  return [
    ...[...logs, ...store].flatMap(({ section, key, path }) => objection(section, key, directoryFault(path))),
    ...logs.flatMap(({ section, key, path }, i) =>
      objection(section, key, sharedFault(path, logs.slice(0, i))),
    ),
  ];
}

/** With Kafka the logs are topics. */
function logDirectories({ process, kafka }: Settings): WorkDirectory[] {
  if (kafka.brokers) return [];
  const keys = [
    ...(process.roles.includes('node') ? (['src-dir'] as const) : []),
    'frames-dir' as const,
    ...(process.roles.includes('cluster') ? (['cluster-frames-dir'] as const) : []),
  ];
  return keys.map((key) => ({ section: 'process', key, path: process[key] }));
}

function storeDirectory({ process, 'local-store': { dir } }: Settings): WorkDirectory[] {
  if (dir === undefined || !process.roles.includes('local-store')) return [];
  return [{ section: 'local-store', key: 'dir', path: dir }];
}

function sharedFault(path: string, logs: readonly WorkDirectory[]): string | undefined {
  const log = logs.find((each) => resolve(each.path) === resolve(path));
  return log && `'${path}' is '${log.key}' as well: each log needs a directory of its own`;
}

function objection(section: string, key: string, message: string | undefined): Objection[] {
  return message === undefined ? [] : [{ section, key, message }];
}
