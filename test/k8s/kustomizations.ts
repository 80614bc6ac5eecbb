import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../support/certificates';
import { settingsOf, type ContainerSettings } from './container-settings';
import { type Container, type Manifests } from './manifests';
import type { Rendered } from './policies';
import { manifestsOf, render } from './rendered';
import { workloadsOf, type Workload } from './workloads';

/** What somebody may apply, and the Secrets that it asks others for. */
export const kustomizations: Readonly<Record<string, { readonly secrets?: string }>> = {
  'k8s/base': {},
  'k8s/overlays/dev': {},
  'k8s/overlays/prod': {},
  'k8s/overlays/tls': { secrets: 'k8s/overlays/tls/secrets.example' },
  'k8s/examples/sidecar': {},
};

/** A certificate of nobody. */
export function anyCertificate(): string {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-ca-'));
  try {
    return readFileSync(new Authority(directory).ca, 'utf8');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** As the policies see it. */
export function renderedOf(manifests: Manifests, secrets: Manifests, ca: string): Rendered {
  const known = new Map<Container, ContainerSettings>();
  const all = [...manifests, ...secrets];
  return {
    manifests,
    secrets,
    workloads: workloadsOf(manifests),
    settingsOf: (workload: Workload, container) => {
      const settings = known.get(container) ?? settingsOf(container, { workload, manifests: all, ca });
      known.set(container, settings);
      return settings;
    },
  };
}

export function secretsOf(directory: string): Manifests {
  const { secrets } = kustomizations[directory] ?? {};
  return secrets === undefined ? [] : manifestsOf(render(secrets));
}
