/** Tells whether what was installed or built before is still right. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`${path}: ${error.message}`, { cause: error });
  }
}

/** The packages of package-lock.json that node_modules lacks or has in another version, by npm's own list of what it installed. */
export function missingPackages(root) {
  const locked = readJson(join(root, 'package-lock.json'));
  if (!locked) throw new Error(`${root} has no package-lock.json: is this a whole clone?`);
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages ?? {};
  return Object.entries(locked.packages)
    .filter(
      ([path, { optional, version }]) => path !== '' && !optional && installed[path]?.version !== version,
    )
    .map(([path]) => path);
}

const sources = ['apps', 'libs', 'nest-cli.json', 'package-lock.json', 'tsconfig.json'];

function newestChange(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A directory's own time tells of files that were removed.
  const entries = readdirSync(path).filter((name) => !name.endsWith('.spec.ts'));
  return Math.max(stats.mtimeMs, ...entries.map((name) => newestChange(join(path, name))));
}

/** Has a source changed since `builtAt` (ms since the epoch)? */
export function isOlderThanSources(root, builtAt) {
  return sources.some((name) => newestChange(join(root, name)) > builtAt);
}
