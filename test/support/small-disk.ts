import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of 1 MiB, in memory, that a test can fill. */
export function mountSmallDisk(path: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]).status === 0;
}

export function makeReadOnly(path: string): boolean {
  return spawnSync('mount', ['-o', 'remount,ro', path]).status === 0;
}

export function unmountSmallDisk(path: string): boolean {
  return spawnSync('umount', [path]).status === 0;
}

/** Only root may mount one, and not everywhere. */
export function canMountSmallDisk(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'mount-'));
  const can = mountSmallDisk(path) && unmountSmallDisk(path);
  rmdirSync(path);
  return can;
}
