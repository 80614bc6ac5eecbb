import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest, Manifests } from './manifests';

export const root = resolve(__dirname, '../..');
/** What building the tools may take. */
const toolsMs = 600_000;

let tools: string | undefined;

/** Builds the tools where they are not there yet; then it only finds out where they are. */
export function prepareTools(): void {
  const script = join(root, 'scripts/kubernetes-tools.mjs');
  const options = { encoding: 'utf8', timeout: toolsMs } as const;
  tools = execFileSync(process.execPath, [script], options).trim();
}

function tool(name: 'kustomize' | 'kubeconform'): string {
  if (tools === undefined) throw new Error('the tools are not there: call prepareTools() first');
  return join(tools, name);
}

/** As `kubectl apply -k` would send it. */
export function render(directory: string): string {
  return execFileSync(tool('kustomize'), ['build', join(root, directory)], { encoding: 'utf8' });
}

export function manifestsOf(text: string): Manifests {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as Manifest;
  });
}

/** What kubeconform says of a text that is not valid; none: it is. */
export function schemaFaults(text: string): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-k8s-'));
  try {
    const file = join(directory, 'manifests.yaml');
    writeFileSync(file, text);
    execFileSync(tool('kubeconform'), ['-strict', '-output', 'json', ...schemaLocations, file], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (!stdout) throw error;
    const { resources } = JSON.parse(stdout) as { resources: readonly Finding[] };
    return resources.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Finding {
  readonly kind: string;
  readonly name: string;
  readonly msg: string;
}

const schemas = join(__dirname, 'schemas');
export const schemaVersions = { kubernetes: '1.36.3', keda: '2.21.0' } as const;
const schemaLocations = Object.entries(schemaVersions).flatMap(([name, version]) => [
  '-schema-location',
  join(schemas, `${name}-${version}`, '{{.ResourceKind}}{{.KindSuffix}}.json'),
]);
