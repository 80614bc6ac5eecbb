import { resolve, sep } from 'node:path';
import { directoryFault, type Objection, type Settings } from '@haproxystats/runtime';

/** A directory that the processor works in, and the option that names it. */
interface WorkDirectory {
  readonly section: 'process' | 'local-store';
  readonly key: string;
  readonly path: string;
}

/** The directories that this instance needs must be readable and writable, and must not lie in each other's way. */
export function validateProcessDirectories(settings: Settings): Objection[] {
  const logs = logDirectories(settings);
  const store = storeDirectory(settings);
  return [
    ...[...logs, ...store].flatMap(({ section, key, path }) => objection(section, key, directoryFault(path))),
    ...logs
      .slice(1)
      .flatMap(({ section, key, path }) => objection(section, key, sharedFault(path, logs[0]!))),
    ...store.flatMap(({ section, key, path }) => objection(section, key, nestedFault(path, logs))),
  ];
}

/** With Kafka the logs are topics. */
function logDirectories({ process, kafka }: Settings): WorkDirectory[] {
  if (kafka.brokers) return [];
  const keys = process.roles.includes('node')
    ? (['src-dir', 'frames-dir'] as const)
    : (['frames-dir'] as const);
  return keys.map((key) => ({ section: 'process', key, path: process[key] }));
}

function storeDirectory({ process, 'local-store': { dir } }: Settings): WorkDirectory[] {
  if (dir === undefined || !process.roles.includes('local-store')) return [];
  return [{ section: 'local-store', key: 'dir', path: dir }];
}

function sharedFault(path: string, log: WorkDirectory): string | undefined {
  return resolve(path) === resolve(log.path)
    ? `'${path}' is '${log.key}' as well: each log needs a directory of its own`
    : undefined;
}

/** A log's directory is listed at every look, and the original takes every directory in `src-dir` for a snapshot. */
function nestedFault(path: string, logs: readonly WorkDirectory[]): string | undefined {
  const log = logs.find((each) => isWithin(path, each.path));
  return (
    log &&
    `'${path}' lies in '${log.key}' of section '${log.section}', '${log.path}': choose a directory outside of it`
  );
}

function isWithin(path: string, directory: string): boolean {
  return `${resolve(path)}${sep}`.startsWith(`${resolve(directory)}${sep}`);
}

function objection(section: string, key: string, message: string | undefined): Objection[] {
  return message === undefined ? [] : [{ section, key, message }];
}
