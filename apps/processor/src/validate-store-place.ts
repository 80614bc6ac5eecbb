import { realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Objection, Settings } from '@haproxystats/runtime';

/**
 * The local store must not lie in a directory of a log, whoever uses it and with Kafka too: that is listed at every look, and the original
 * takes every directory in `src-dir` for a snapshot. It may hold one: in its own directory it looks at nothing but its slots.
 */
export function validateStorePlace(settings: Settings): Objection[] {
  const { dir } = settings['local-store'];
  if (dir === undefined) return [];
  const [message] = logDirectories(settings).flatMap(({ name, path }) => meetingFault(dir, name, path));
  return message === undefined ? [] : [{ section: 'local-store', key: 'dir', message }];
}

function logDirectories({ process, pull }: Settings): { name: string; path: string }[] {
  return [
    { name: "'src-dir' of section 'process'", path: process['src-dir'] },
    { name: "'frames-dir' of section 'process'", path: process['frames-dir'] },
    { name: "'cluster-frames-dir' of section 'process'", path: process['cluster-frames-dir'] },
    { name: "'dst-dir' of section 'pull'", path: pull['dst-dir'] },
  ];
}

/** A file has all of a node, a shard has not. */
export function validateStoredShards(settings: Settings): Objection[] {
  if (settings['local-store'].dir === undefined || settings.cluster.shards === 1) return [];
  const message = "must be 1 where 'dir' of [local-store] is set: a file has all of a node";
  return [{ section: 'cluster', key: 'shards', message }];
}

/** None, or one. */
function meetingFault(store: string, name: string, log: string): string[] {
  const [ours, theirs] = [truePath(store), truePath(log)];
  if (ours === theirs) return [`'${store}' is ${name} as well: choose a directory of its own`];
  if (ours.startsWith(join(theirs, sep)))
    return [`'${store}' lies in ${name}, '${log}': choose a directory outside of it`];
  return [];
}

/** Behind all links; of what is not there yet, as far as it is. */
function truePath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(truePath(above), basename(path));
  }
}
