import { stringify } from 'yaml';
import { broken, container, node, pod, puller, scaled, type Break } from './broken';
import { manifestsOf, prepareTools, render, schemaFaults } from './rendered';
import type { Manifests } from './manifests';

let sound: Manifests;

beforeAll(() => {
  prepareTools();
  sound = manifestsOf(render('k8s/overlays/tls'));
});

/** What the schemas find. */
const invalid: readonly (readonly [what: string, change: Break, said: RegExp])[] = [
  [
    'a misspelt field of a container',
    { ...node, path: `${container}.livenessProbe`, rename: 'livenesProbe' },
    /livenesProbe/,
  ],
  [
    'a misspelt field of a pod',
    { ...node, path: `${pod}.terminationGracePeriodSeconds`, rename: 'terminationGracePeriod' },
    /terminationGracePeriod/,
  ],
  ['a field at the wrong depth', { ...node, path: `${pod}.readinessProbe`, value: {} }, /readinessProbe/],
  ['a number for a name', { ...node, path: `${container}.image`, value: 7 }, /image/],
  [
    'a word for a number',
    { ...puller, path: `${container}.ports.0.containerPort`, value: 'status' },
    /containerPort/,
  ],
  ['a probe without a port', { ...node, path: `${container}.livenessProbe.httpGet.port` }, /port/],
  [
    'a policy of the network with a misspelt direction',
    { kind: 'NetworkPolicy', name: 'redis', path: 'spec.egress', rename: 'egres' },
    /egres/,
  ],
  ['a trigger of another type', { ...scaled, path: 'spec.triggers.0.type', value: 'kafak' }, /type/],
  [
    'a field that the trigger does not know',
    { ...scaled, path: 'spec.triggers.0.metadata.consumerGroup', rename: 'group' },
    /group/,
  ],
  ['a trigger without a topic', { ...scaled, path: 'spec.triggers.0.metadata.topic' }, /topic/],
  [
    'a trigger whose threshold is a number',
    { ...scaled, path: 'spec.triggers.0.metadata.lagThreshold', value: 1000 },
    /lagThreshold/,
  ],
  [
    'a login of a kind that KEDA does not know',
    { ...scaled, path: 'spec.triggers.0.metadata.sasl', value: 'scram-sha-512' },
    /sasl/,
  ],
  [
    'a misspelt bound of KEDA',
    { ...scaled, path: 'spec.maxReplicaCount', rename: 'maxReplicas' },
    /maxReplicas/,
  ],
  [
    'a version of an API that is gone',
    { kind: 'PodDisruptionBudget', name: 'processor-node', path: 'apiVersion', value: 'policy/v1beta1' },
    /could not find schema/,
  ],
];

describe('manifests with a fault that the schemas know', () => {
  it.each(invalid)('are not valid: %s', (_, change, said) => {
    expect(schemaFaults(textOf(broken(sound, change))).join('\n')).toMatch(said);
  });

  it('are compared with sound ones', () => {
    expect(schemaFaults(textOf(sound))).toEqual([]);
  });

  it('are not valid: a field twice', () => {
    const text = textOf(sound).replace('maxUnavailable: 10%', '$&\n      maxUnavailable: 20%');
    expect(schemaFaults(text).join()).toMatch(/maxUnavailable/);
  });
});

function textOf(manifests: Manifests): string {
  return manifests.map((each) => stringify(each)).join('---\n');
}
