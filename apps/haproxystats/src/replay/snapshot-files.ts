import { opendir } from 'node:fs/promises';
import { codeOf } from '@haproxystats/runtime';
import { UnusableError } from './unusable';

/** `<process>_info`, `<process>_stat`, also gzipped. Names that begin with a dot are none, as for the original. */
export const processFile = /^(?!\.)(.+)_(info|stat)(?:\.gz)?$/s;

/** Of one snapshot. */
const maxProcesses = 1_024;
/** Two of each process, plain and gzipped. */
const maxFiles = 4 * maxProcesses;

/** Whether this is a directory with files of processes in it. */
export async function holdsProcessFiles(path: string): Promise<boolean> {
  try {
    for await (const { name } of await opendir(path)) if (processFile.test(name)) return true;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
  return false;
}

/** The names of a process' two files; undefined where one is not there. */
export interface ProcessFiles {
  readonly process: string;
  readonly info: string | undefined;
  readonly stat: string | undefined;
}

/** The processes of a snapshot by name. A file that is there plain and gzipped is taken plain. Rejects where they cannot be listed. */
export async function listProcessFiles(path: string): Promise<ProcessFiles[]> {
  const found = new Map<string, { info?: string; stat?: string }>();
  const names: string[] = [];
  for await (const { name } of await opendir(path)) {
    if (!processFile.test(name)) continue;
    names.push(name);
    if (names.length > maxFiles) throw new UnusableError(`holds more than ${maxFiles} files`);
  }
  for (const name of names.sort()) {
    const [, process = '', half] = processFile.exec(name)!;
    const files = found.get(process) ?? {};
    files[half as 'info' | 'stat'] ??= name;
    found.set(process, files);
  }
  if (found.size === 0) throw new UnusableError('holds no *_info and no *_stat file');
  if (found.size > maxProcesses)
    throw new UnusableError(`holds files of ${found.size} processes, ${maxProcesses} are allowed`);
  return [...found].map(([process, { info, stat }]) => ({ process, info, stat }));
}
