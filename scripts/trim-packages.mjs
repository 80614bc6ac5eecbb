/**
 * For the image: removes from node_modules, in the current directory, what no program of ours loads. Licences stay.
 * A row that finds nothing to remove is an error: the package has changed, and so must the row.
 */
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = 'node_modules';

/** Of every package: sources and typings, which Node.js refuses to load from node_modules; source maps; pages to read. */
const needless = /\.([cm]?ts|map|md|flow)$/i;
const licence = /licen[cs]e|notice|copying/i;

/** Of single packages: builds for browsers and bundlers beside the one that Node.js is led to, and what tests left behind. */
const folders = [
  'bintrees/test',
  'fast-uri/test',
  'mappersmith/src/test',
  'mathjs/lib/browser',
  'mathjs/lib/esm',
  'pino/test',
  'rxjs/dist/bundles',
  'rxjs/dist/esm',
  'rxjs/dist/esm5',
  'rxjs/src',
  'seedrandom/.nyc_output',
  'seedrandom/coverage',
];

/** Removes what is needless below a directory, and the directory itself where nothing is left. */
function trim(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) trim(path);
    else if (needless.test(entry.name) && !licence.test(entry.name)) rmSync(path);
  }
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}

function bytesIn(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

const before = bytesIn(root);
for (const folder of folders) {
  const path = join(root, folder);
  if (!existsSync(path))
    throw new Error(`${path} is not there: does its row in scripts/trim-packages.mjs still hold?`);
  rmSync(path, { recursive: true });
}
trim(root);
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
console.log(`${root}: ${megabytes(before)} MB trimmed to ${megabytes(bytesIn(root))} MB`);
