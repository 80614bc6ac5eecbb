import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { anyCertificate, kustomizations, renderedOf, secretsOf } from './kustomizations';
import { ofKind, type Manifests } from './manifests';
import { policies, type Rendered } from './policies';
import { manifestsOf, prepareTools, render, root, schemaFaults } from './rendered';
import { isOurs, workloadsOf } from './workloads';

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

  it('applies each cluster that has a folder', () => {
    const folders = globSync('k8s/overlays/prod/clusters/*', { cwd: root });
    const applied = ofKind(manifestsOf(render('k8s/overlays/prod')), 'DaemonSet');
    expect(applied.map(({ metadata }) => metadata.name).sort()).toEqual(
      folders.map((folder) => `puller-${basename(folder)}`).sort(),
    );
  });

  it.each(['k8s/overlays/prod', 'k8s/overlays/tls'])(
    'has the labels by which docs/OPERATIONS.md applies %s in steps: of all that runs, and of nothing else',
    (directory) => {
      const partOf = ({ metadata }: Manifests[number]): string =>
        metadata.labels?.['app.kubernetes.io/component'] ?? 'none';
      const inSteps = Object.groupBy(manifestsOf(render(directory)), partOf);
      const { none = [], ...parts } = inSteps;
      const roles = ['cluster', 'graphite', 'kafka', 'events', 'node'];
      expect(Object.keys(parts).sort()).toEqual([...roles, 'puller', 'schemas', 'tools', 'topics'].sort());
      expect(workloadsOf(none)).toEqual([]);
      for (const kind of ['ConfigMap', 'Namespace', 'NetworkPolicy', 'ServiceAccount'] as const) {
        expect(ofKind(none, kind)).not.toEqual([]);
        expect(
          ofKind(
            Object.values(parts).flatMap((part) => part ?? []),
            kind,
          ),
        ).toEqual([]);
      }
    },
  );

  it('runs the servers of the demo in dev, with the same files', () => {
    const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
    const workloads = workloadsOf(manifestsOf(render('k8s/overlays/dev')));
    const servers = workloads.flatMap(({ containers }) => containers).filter((each) => !isOurs(each));
    expect(new Set(servers.map(({ image }) => image)).size).toBe(4);
    for (const { image } of servers) expect(compose).toContain(` ${image}\n`);
    const files = servers.flatMap(({ volumeMounts = [] }) => volumeMounts.filter(({ subPath }) => subPath));
    expect(files.length).toBe(2);
    for (const { subPath, mountPath } of files)
      expect(compose).toContain(`./demo/graphite/${subPath!}:${mountPath}:ro`);
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
