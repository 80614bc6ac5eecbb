import { opendir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { holdsProcessFiles, processFile } from './snapshot-files';

/** As many polls as a load balancer makes in four months, one every 10 s. */
const maxSnapshots = 1_000_000;

/** Seconds since the epoch, up to the year 2200. */
const timestampName = /^[1-9]\d{0,9}$/;
const lastTimestamp = 7_258_118_400;

/** A directory with what the processes of a node said at one time. */
export interface SnapshotDirectory {
  readonly path: string;
  /** Seconds since the epoch: the name of the directory. */
  readonly timestamp: number;
}

export interface SnapshotList {
  /** Oldest first. */
  readonly snapshots: Iterable<SnapshotDirectory>;
  /** Directories with files of processes whose name is no timestamp. */
  readonly strangers: readonly string[];
}

/**
 * The snapshots in a directory, or the directory itself where it is one: where files of processes lie directly in it. Names that begin
 * with a dot, and other files, are passed over. Rejects where the directory cannot be read, or holds too many.
 */
export async function listSnapshots(directory: string): Promise<SnapshotList> {
  const names: string[] = [];
  const strangers: string[] = [];
  for await (const entry of await opendir(directory)) {
    if (entry.isFile() && processFile.test(entry.name)) return itself(directory);
    if (entry.isFile() || entry.name.startsWith('.')) continue;
    (isTimestamp(entry.name) ? names : strangers).push(entry.name);
    if (names.length > maxSnapshots)
      throw new Error(`${directory}: more than ${maxSnapshots} snapshots; replay some of them at a time`);
  }
  names.sort((a, b) => Number(a) - Number(b));
  return { snapshots: inOrder(directory, names), strangers: await snapshotsAmong(directory, strangers) };
}

/** Other directories may lie there too, as the cursors of a log do. */
async function snapshotsAmong(directory: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names.toSorted()) if (await holdsProcessFiles(join(directory, name))) found.push(name);
  return found;
}

function itself(directory: string): SnapshotList {
  const name = basename(resolve(directory));
  if (!isTimestamp(name))
    throw new Error(
      `${directory}: holds the files of a snapshot, so its name must be their time in seconds since the epoch`,
    );
  return { snapshots: [{ path: directory, timestamp: Number(name) }], strangers: [] };
}

function* inOrder(directory: string, names: readonly string[]): Generator<SnapshotDirectory> {
  for (const name of names) yield { path: join(directory, name), timestamp: Number(name) };
}

function isTimestamp(name: string): boolean {
  return timestampName.test(name) && Number(name) <= lastTimestamp;
}
