/**
 * `npm run check:k8s`: renders every kustomization of k8s/ that somebody may apply, and validates the result strictly against the schemas
 * in test/k8s/schemas. Ends with status 1 where one cannot be rendered, or is not valid. Another folder can be named instead of k8s/.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubernetesTools } from './kubernetes-tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const schemas = join(root, 'test', 'k8s', 'schemas');
/** A folder for each version of Kubernetes and KEDA. */
const versions = readdirSync(schemas, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Without those that are only parts of the base. */
function kustomizationsIn(folder) {
  const directories = globSync('**/kustomization.yaml', { cwd: folder }).map(dirname);
  return directories.filter((directory) => !directory.startsWith(`base${sep}`)).sort();
}

const schemaLocations = versions.flatMap((version) => [
  '-schema-location',
  join(schemas, version, '{{.ResourceKind}}{{.KindSuffix}}.json'),
]);

function run(command, args, input) {
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, input };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error) throw error;
  return { isGood: status === 0, stdout, said: `${stdout}${stderr}` };
}

/** Undefined, or what is wrong. */
function faultOf(directory, tools) {
  const rendered = run(join(tools, 'kustomize'), ['build', directory]);
  if (!rendered.isGood) return rendered.said;
  const args = ['-strict', '-summary', ...schemaLocations, '-'];
  const { isGood, stdout, said } = run(join(tools, 'kubeconform'), args, rendered.stdout);
  console.log(`${relative(root, directory)}: ${stdout.trim().split('\n').at(-1)}`);
  return isGood ? undefined : said;
}

const folder = process.argv[2] ?? join(root, 'k8s');
const found = kustomizationsIn(folder);
if (found.length === 0) throw new Error(`${folder} has no kustomization.yaml`);
const tools = kubernetesTools();
console.log(`schemas: ${versions.join(', ')}`);
for (const directory of found) {
  const fault = faultOf(join(folder, directory), tools);
  if (fault === undefined) continue;
  console.error(`${directory} is not as it should be:\n${fault}`);
  process.exitCode = 1;
}
