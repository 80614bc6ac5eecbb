const { createHash } = require('node:crypto');
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { join, resolve } = require('node:path');

/**
 * Lets a test start one of our TypeScript files as a process of its own, without a build:
 * `node --require <this file> <file>.ts`. Resolves and compiles as the build does, one file at a time; what was compiled is
 * kept in the directory that TYPESCRIPT_HOOKS_CACHE names, so that the next process starts at once.
 */
const root = resolve(__dirname, '../..');

registerHooks({
  resolve(specifier, context, nextResolve) {
    const url = sourceOf(specifier, context.parentURL);
    return url ? { url, format: 'commonjs', shortCircuit: true } : nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    if (!url.endsWith('.ts')) return nextLoad(url, context);
    return { format: 'commonjs', source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});

const apps = ['puller', 'processor'];
/** What the package exports under its own name (package.json). */
const exported = pathToFileURL(resolve(root, 'libs/messaging/src/results/index.ts')).href;

/** The file an import of ours means: an alias names the index of a lib or an app, a relative path leaves out the extension. */
function sourceOf(specifier, parent) {
  if (specifier === 'haproxystats') return exported;
  const name = /^@haproxystats\/([a-z]+)$/.exec(specifier)?.[1];
  if (name)
    return pathToFileURL(resolve(root, apps.includes(name) ? 'apps' : 'libs', name, 'src/index.ts')).href;
  if (!specifier.startsWith('.') || !parent?.endsWith('.ts')) return undefined;
  const path = fileURLToPath(new URL(specifier, parent));
  const found = [`${path}.ts`, `${path}/index.ts`].find((candidate) => existsSync(candidate));
  return found && pathToFileURL(found).href;
}

function compiled(path) {
  const source = readFileSync(path, 'utf8');
  const cache = process.env.TYPESCRIPT_HOOKS_CACHE;
  if (!cache) return compile(path, source);
  const kept = join(cache, `${createHash('sha256').update(path).update(source).digest('hex')}.js`);
  if (!existsSync(kept)) {
    writeFileSync(`${kept}.${process.pid}`, compile(path, source));
    renameSync(`${kept}.${process.pid}`, kept);
  }
  return readFileSync(kept, 'utf8');
}

function compile(fileName, source) {
  const ts = require('typescript');
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.CommonJS,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    inlineSourceMap: true,
  };
  return ts.transpileModule(source, { fileName, compilerOptions }).outputText;
}
