import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { anyCertificate, kustomizations, renderedOf, secretsOf } from './kustomizations';
import { ofKind, type Manifests } from './manifests';
import { policies, type Rendered } from './policies';
import { manifestsOf, prepareTools, render, root, schemaFaults } from './rendered';

let ca: string;

beforeAll(() => {
  prepareTools();
  ca = anyCertificate();
});

describe.each(Object.keys(kustomizations))('%s', (directory) => {
  let text: string;
  let manifests: Manifests;
  let rendered: Rendered;

  beforeAll(() => {
    text = render(directory);
    manifests = manifestsOf(text);
    rendered = renderedOf(manifests, secretsOf(directory), ca);
  });

  it('is valid: every field is one of Kubernetes or KEDA', () => {
    expect(schemaFaults(text)).toEqual([]);
  });

  it.each(Object.keys(policies))('keeps the policy %s', (name) => {
    expect(policies[name as keyof typeof policies](rendered)).toEqual([]);
  });
});

describe('k8s/', () => {
  it('has no kustomization that is not looked at', () => {
    const looked = new Set([
      ...Object.keys(kustomizations),
      ...Object.values(kustomizations).flatMap(({ secrets = [] }) => secrets),
    ]);
    const found = globSync('k8s/{base,overlays/*,overlays/*/*,examples/*}/kustomization.yaml', { cwd: root });
    expect(found.map(dirname).filter((directory) => !looked.has(directory))).toEqual([]);
    expect(found.length).toBe(looked.size);
  });

  it('has valid Secrets in the example, and none that the overlay does not ask for', () => {
    const text = render('k8s/overlays/tls/secrets.example');
    expect(schemaFaults(text)).toEqual([]);
    const overlay = render('k8s/overlays/tls');
    const names = ofKind(manifestsOf(text), 'Secret').map(({ metadata }) => metadata.name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !overlay.includes(`: ${name}\n`))).toEqual([]);
  });

  it('has no password in what is applied', () => {
    expect(ofKind(manifestsOf(render('k8s/overlays/tls')), 'Secret')).toEqual([]);
  });
});
