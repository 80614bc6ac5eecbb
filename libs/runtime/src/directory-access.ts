import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from './system-error';

/**
 * Why a program of ours can't keep its files in a directory, as seen by the user of this process; undefined: it can. A directory that
 * is not there is made when it is needed: then it is its nearest parent that must let us write. Changes nothing on the disk.
 */
export function directoryFault(directory: string): string | undefined {
  const place = nearestExisting(resolve(directory));
  const refused = `read and write access is not granted for directory '${directory}'`;
  if ('fault' in place) return `${refused}: ${place.fault}`;
  const { path } = place;
  const there = path === resolve(directory) ? '' : `it does not exist and cannot be made in '${path}': `;
  const fault = place.isDirectory ? accessFault(path) : `'${path}' is not a directory`;
  return fault === undefined ? undefined : `${refused}: ${there}${fault}`;
}

type Place = { readonly path: string; readonly isDirectory: boolean } | { readonly fault: string };

function nearestExisting(path: string): Place {
  try {
    return { path, isDirectory: statSync(path).isDirectory() };
  } catch (error) {
    const above = dirname(path);
    const isAbsent = ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');
    return isAbsent && above !== path ? nearestExisting(above) : { fault: (error as Error).message };
  }
}

function accessFault(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${(error as Error).message}, as user id ${process.getuid?.() ?? '?'}`;
  }
}
