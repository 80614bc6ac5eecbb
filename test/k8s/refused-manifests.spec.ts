import { broken, container } from './broken';
import { anyCertificate, renderedOf, secretsOf } from './kustomizations';
import type { Manifests } from './manifests';
import { policies } from './policies';
import { refused } from './refused';
import { manifestsOf, prepareTools, render } from './rendered';

const directories = ['k8s/overlays/tls', 'k8s/examples/sidecar'];
let sound: Manifests;
let secrets: Manifests;
let ca: string;

beforeAll(() => {
  prepareTools();
  ca = anyCertificate();
  sound = directories.flatMap((directory) => manifestsOf(render(directory)));
  secrets = secretsOf('k8s/overlays/tls');
});

describe('manifests with a fault that the policies know', () => {
  it.each(refused)('are refused: %s', (_, ...row) => {
    const [policy, change, said] = row;
    const rendered = renderedOf(broken(sound, change), secrets, ca);
    expect(policies[policy](rendered).join('\n')).toMatch(said);
  });

  it('are compared with sound ones', () => {
    const rendered = renderedOf(sound, secrets, ca);
    expect(Object.values(policies).flatMap((policy) => policy(rendered))).toEqual([]);
  });

  it('are not refused: a login that KEDA calls by another word', () => {
    const events = { kind: 'Deployment', name: 'processor-events' } as const;
    const plain = broken(sound, {
      ...events,
      path: `${container}.env.0`,
      value: { name: 'HAPROXYSTATS_KAFKA_SASL_MECHANISM', value: 'plain' },
    });
    const keda = {
      kind: 'ScaledObject',
      name: 'processor-events',
      path: 'spec.triggers.0.metadata.sasl',
    } as const;
    const said = (word: string) =>
      policies.scaling(renderedOf(broken(plain, { ...keda, value: word }), secrets, ca)).join();
    expect(said('plaintext')).not.toMatch(/log in/);
    expect(said('plain')).toMatch(/KEDA does not log in as the program does/);
  });

  it('have each policy among them', () => {
    expect(Object.keys(policies).filter((name) => !refused.some(([, policy]) => policy === name))).toEqual(
      [],
    );
  });
});
