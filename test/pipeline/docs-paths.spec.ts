import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const folders = '{.ci,apps,bench,docs,libs,scripts,test}';
const isOurs = (path: string): boolean => !/(^|\/)(node_modules|dist)(\/|$)/.test(path);
/** Every file and folder of the project, from its root. */
const paths = [...globSync(`${folders}/**`, { cwd: root }), ...readdirSync(root)].filter(isOurs);

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/ARCHITECTURE.md',
  ...globSync('{apps,libs}/*/README.md', { cwd: root }),
];

/** They come to be while the programs run. */
const ofRuns: ReadonlySet<string> = new Set(['bad/']);

/** What stands between backticks and looks like a file of ours or a folder: `a/b.ts`, `*.spec.ts`, `demo/`. */
const looksLikePath = /^[\w.*/-]+(\.(ts|mjs|cjs|json|md|py)|\/)$/;

function namedIn(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
  return [...text.matchAll(/`([^`\n]+)`/g)]
    .map(([, code]) => code!)
    .filter((code) => looksLikePath.test(code) && !ofRuns.has(code));
}

function linkedIn(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, target]) => target!);
}

/** From the root, or below the folder that the page is about, however deep. */
function exists(name: string, page: string): boolean {
  const below = /^(apps|libs)\//.test(page) ? `${dirname(page)}/` : '';
  const pattern = name.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
  const found = new RegExp(`(^|/)${pattern}$`);
  return paths.some(
    (path) => (path.startsWith(below) && found.test(path)) || new RegExp(`^${pattern}$`).test(path),
  );
}

describe.each(pages)('%s', (page) => {
  it('names only files and folders that there are', () => {
    expect(namedIn(page).filter((name) => !exists(name, page))).toEqual([]);
  });

  it('links only to pages that there are', () => {
    expect(linkedIn(page).filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });
});

it('finds the names in pages', () => {
  expect(namedIn('libs/haproxy/README.md')).toContain('stat-scanner.ts');
  expect(exists('table-accumulator.ts', 'docs/ARCHITECTURE.md')).toBe(false);
});
