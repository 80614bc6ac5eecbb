/**
 * Writes the schemas of this folder anew, after a change of the versions or of the kinds below: node test/k8s/schemas/update.mjs.
 * Needs Go, which fetches the modules of Kubernetes and of KEDA and checks them against Go's checksum database.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { parse } from 'yaml';

const versions = { kubernetes: '1.36.3', keda: '2.21.0' };
/** THE KINDS that k8s/ uses, by the file of the API that describes them. */
const kubernetesKinds = {
  api__v1: ['ConfigMap', 'Namespace', 'Secret', 'Service', 'ServiceAccount'],
  apis__apps__v1: ['DaemonSet', 'Deployment', 'StatefulSet'],
  apis__batch__v1: ['Job'],
  'apis__networking.k8s.io__v1': ['NetworkPolicy'],
  apis__policy__v1: ['PodDisruptionBudget'],
};
const kedaKinds = ['scaledobjects', 'triggerauthentications'];
const here = import.meta.dirname;

/** Where Go has put a module. */
function moduleDirectory(module) {
  const answer = execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' });
  return JSON.parse(answer).Dir;
}

const idle = /^(description|default|title|format|example|x-.*)$/;
const map = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

/** The same, without words, and without room for fields that it does not name. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  if (schema['x-kubernetes-int-or-string']) return { oneOf: [{ type: 'integer' }, { type: 'string' }] };
  const kept = Object.entries(schema).filter(([key]) => !idle.test(key));
  const result = Object.fromEntries(
    kept.map(([key, value]) => {
      if (key === 'properties') return [key, map(value, strict)];
      if (key === '$ref') return [key, value.replace('#/components/schemas/', '#/definitions/')];
      return [key, ['enum', 'required', 'type', 'pattern'].includes(key) ? value : strict(value)];
    }),
  );
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] || 'additionalProperties' in schema;
  return result.properties && !isOpen ? { ...result, additionalProperties: false } : result;
}

/** What every object must say of itself; what only the cluster says has no place in a manifest. */
function ofKind(schema, { apiVersion, kind }) {
  const properties = { ...schema.properties };
  delete properties.status;
  const named = { apiVersion: { const: apiVersion }, kind: { const: kind } };
  return {
    ...schema,
    properties: { ...properties, ...named },
    required: [...new Set(['apiVersion', 'kind', 'metadata', ...(schema.required ?? [])])],
  };
}

/** Those that a schema refers to, and those that these refer to. */
function referredTo(schema, definitions, found = {}) {
  for (const [, name] of JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)) {
    if (found[name]) continue;
    found[name] = definitions[name];
    referredTo(definitions[name], definitions, found);
  }
  return found;
}

async function write(folder, name, schema) {
  const text = JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema });
  writeFileSync(join(here, folder, name), await format(text, { parser: 'json', printWidth: 110 }));
}

async function writeKubernetes(folder) {
  const module = moduleDirectory(`k8s.io/kubernetes@v${versions.kubernetes}`);
  for (const [api, kinds] of Object.entries(kubernetesKinds)) {
    const file = join(module, 'api', 'openapi-spec', 'v3', `${api}_openapi.json`);
    const described = JSON.parse(readFileSync(file, 'utf8')).components.schemas;
    const definitions = map(described, strict);
    for (const kind of kinds) {
      const [name, { 'x-kubernetes-group-version-kind': group }] = Object.entries(described).find(
        ([, each]) => each['x-kubernetes-group-version-kind']?.length === 1 && isOf(each, kind),
      );
      const apiVersion = [group[0].group, group[0].version].filter(Boolean).join('/');
      const suffix = [group[0].group.split('.')[0], group[0].version].filter(Boolean).join('-');
      const schema = ofKind(definitions[name], { apiVersion, kind });
      await write(folder, `${kind.toLowerCase()}-${suffix}.json`, {
        ...schema,
        definitions: referredTo(schema, definitions),
      });
    }
  }
}

const isOf = (schema, kind) => schema['x-kubernetes-group-version-kind'][0].kind === kind;

/** KEDA's CRD takes any trigger; what a trigger may say is in the schema of its scalers. */
function withTriggers(schema, scalers) {
  const triggers = schema.properties.spec.properties.triggers;
  const parametersOf = ({ parameters }) =>
    Object.fromEntries(
      parameters
        .filter(({ metadataVariableReadable }) => metadataVariableReadable)
        .flatMap(({ name, allowedValue, envVariableReadable }) => [
          [name, { type: 'string', ...(allowedValue && { enum: allowedValue }) }],
          ...(envVariableReadable ? [[`${name}FromEnv`, { type: 'string' }]] : []),
        ]),
    );
  const kafka = scalers.find(({ type }) => type === 'kafka');
  const metadata = {
    type: 'object',
    properties: parametersOf(kafka),
    additionalProperties: false,
    required: ['bootstrapServers', 'consumerGroup', 'topic', 'lagThreshold'],
  };
  triggers.items.properties.type = { const: 'kafka' };
  triggers.items.properties.metadata = metadata;
  return schema;
}

async function writeKeda(folder) {
  const module = moduleDirectory(`github.com/kedacore/keda/v2@v${versions.keda}`);
  const generated = join(module, 'schema', 'generated', 'scalers-schema.json');
  const { scalers } = JSON.parse(readFileSync(generated, 'utf8'));
  for (const name of kedaKinds) {
    const file = join(module, 'config', 'crd', 'bases', `keda.sh_${name}.yaml`);
    const { spec } = parse(readFileSync(file, 'utf8'));
    const [{ name: version, schema }] = spec.versions;
    const { kind } = spec.names;
    const made = ofKind(strict(schema.openAPIV3Schema), { apiVersion: `${spec.group}/${version}`, kind });
    made.properties.metadata = metadataSchema();
    const whole = kind === 'ScaledObject' ? withTriggers(made, scalers) : made;
    await write(folder, `${kind.toLowerCase()}-keda-${version}.json`, whole);
  }
}

/** A CRD leaves its metadata to the API server: what of it k8s/ may use. */
function metadataSchema() {
  const words = { type: 'object', additionalProperties: { type: 'string' } };
  const text = { type: 'string' };
  const properties = { name: text, namespace: text, labels: words, annotations: words };
  return { type: 'object', properties, required: ['name'], additionalProperties: false };
}

for (const [name, version] of Object.entries(versions)) {
  const folder = `${name}-${version}`;
  rmSync(join(here, folder), { recursive: true, force: true });
  mkdirSync(join(here, folder));
  await (name === 'keda' ? writeKeda(folder) : writeKubernetes(folder));
  console.log(`${folder} written`);
}
