import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version of the package this file is part of, wherever it was compiled to. */
export const version: string = versionAbove(__dirname);

function versionAbove(directory: string): string {
  try {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      name?: string;
      version: string;
    };
    if (manifest.name === 'haproxystats') return manifest.version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const parent = dirname(directory);
  if (parent === directory) throw new Error('package.json of haproxystats is not above the program');
  return versionAbove(parent);
}
