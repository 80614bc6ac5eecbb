import { broken, container, node, pod, puller, scaled, type Break } from './broken';
import { anyCertificate, renderedOf, secretsOf } from './kustomizations';
import type { Manifests } from './manifests';
import { policies } from './policies';
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

type PolicyName = keyof typeof policies;

/** What the policies find. */
const refused: readonly (readonly [what: string, policy: PolicyName, change: Break, said: RegExp])[] = [
  [
    'a namespace that enforces nothing',
    'namespaces',
    { kind: 'Namespace', name: 'haproxystats', path: 'metadata.labels', value: {} },
    /enforces no level/,
  ],
  [
    'a namespace that is privileged in silence',
    'namespaces',
    { kind: 'Namespace', name: 'haproxystats-pull', path: 'metadata.labels.pod-security~kubernetes~io/warn' },
    /must at least warn/,
  ],
  [
    'a directory of the host in a restricted namespace',
    'podSecurity',
    { ...node, path: `${pod}.volumes.0`, value: { name: 'config', hostPath: { path: '/etc' } } },
    /hostPath/,
  ],
  ['root', 'podSecurity', { ...node, path: `${pod}.securityContext.runAsUser`, value: 0 }, /may run as root/],
  [
    'no runAsNonRoot',
    'podSecurity',
    { ...node, path: `${pod}.securityContext.runAsNonRoot` },
    /runAsNonRoot/,
  ],
  ['no seccomp', 'podSecurity', { ...node, path: `${pod}.securityContext.seccompProfile` }, /seccompProfile/],
  [
    'a root file system that can be written',
    'podSecurity',
    { ...node, path: `${container}.securityContext.readOnlyRootFilesystem` },
    /can be written/,
  ],
  [
    'capabilities',
    'podSecurity',
    { ...puller, path: `${container}.securityContext.capabilities.drop`, value: ['NET_RAW'] },
    /does not drop all/,
  ],
  [
    'more privileges',
    'podSecurity',
    { ...node, path: `${container}.securityContext.allowPrivilegeEscalation` },
    /may gain/,
  ],
  [
    'the network of the host',
    'podSecurity',
    { ...puller, path: `${pod}.hostNetwork`, value: true },
    /namespace of its host/,
  ],
  ['a token', 'noTokens', { ...node, path: `${pod}.automountServiceAccountToken` }, /mounts a token/],
  [
    'a token of the account',
    'noTokens',
    { kind: 'ServiceAccount', name: 'processor', path: 'automountServiceAccountToken', value: true },
    /mounts a token/,
  ],
  [
    'latest',
    'images',
    { ...node, path: `${container}.image`, value: 'haproxystats:latest' },
    /changes under its name/,
  ],
  [
    'no version of an image',
    'images',
    { ...node, path: `${container}.image`, value: 'haproxystats' },
    /names no version/,
  ],
  [
    'another version of ours',
    'images',
    { ...node, path: `${container}.image`, value: 'haproxystats:0.9.0' },
    /is not this version/,
  ],
  [
    'a program that is not there',
    'images',
    { ...node, path: `${container}.command.0`, value: 'haproxystats-proces' },
    /no program/,
  ],
  [
    'no limit of memory',
    'resources',
    { ...node, path: `${container}.resources.limits.memory` },
    /no limit of memory/,
  ],
  [
    'a request above its limit',
    'resources',
    { ...node, path: `${container}.resources.requests.cpu`, value: '3' },
    /more cpu/,
  ],
  ['no livenessProbe', 'probes', { ...node, path: `${container}.livenessProbe` }, /no livenessProbe/],
  ['no readinessProbe', 'probes', { ...puller, path: `${container}.readinessProbe` }, /no readinessProbe/],
  [
    'a sidecar that HAProxy is ready by',
    'probes',
    {
      kind: 'StatefulSet',
      name: 'haproxy',
      path: `${pod}.initContainers.puller.readinessProbe`,
      value: { httpGet: { path: '/readyz', port: 'status' } },
    },
    /out of service/,
  ],
  [
    'a probe that asks something else',
    'probes',
    { ...node, path: `${container}.readinessProbe.httpGet.path`, value: '/healthz' },
    /must ask \/readyz/,
  ],
  [
    'no time to end',
    'grace',
    { ...node, path: `${pod}.terminationGracePeriodSeconds`, value: 20 },
    /20 s to end/,
  ],
  [
    'all on one node',
    'spread',
    { ...node, path: `${pod}.topologySpreadConstraints` },
    /no topologySpreadConstraints/,
  ],
  [
    'a ConfigMap that is not there',
    'references',
    { ...node, path: `${pod}.volumes.config.configMap.name`, value: 'processor-config' },
    /no ConfigMap/,
  ],
  [
    'a ServiceAccount that is not there',
    'references',
    { ...node, path: `${pod}.serviceAccountName`, value: 'proccessor' },
    /no ServiceAccount/,
  ],
  [
    'a Secret that nobody brings',
    'references',
    {
      ...node,
      path: `${container}.env.HAPROXYSTATS_KAFKA_SASL_USERNAME.valueFrom.secretKeyRef.name`,
      value: 'kafka-users-node',
    },
    /no Secret/,
  ],
  [
    'a key that the Secret does not have',
    'references',
    {
      ...node,
      path: `${container}.env.HAPROXYSTATS_KAFKA_SASL_USERNAME.valueFrom.secretKeyRef.key`,
      value: 'user',
    },
    /no key user/,
  ],
  [
    'a Secret of KEDA that nobody brings',
    'references',
    {
      kind: 'TriggerAuthentication',
      name: 'processor-node',
      path: 'spec.secretTargetRef.0.name',
      value: 'kafka',
    },
    /no Secret/,
  ],
  [
    'a volume that is not there',
    'ownParts',
    { ...node, path: `${container}.volumeMounts.0.name`, value: 'conf' },
    /no volume of its pod/,
  ],
  [
    'a port of a probe that is not declared',
    'ownParts',
    { ...node, path: `${container}.livenessProbe.httpGet.port`, value: 'health' },
    /does not declare/,
  ],
  [
    'a selector that finds the pods of others',
    'selectors',
    { ...node, path: 'spec.selector.matchLabels.app~kubernetes~io/component' },
    /too$/,
  ],
  [
    'a Service that finds nothing',
    'services',
    { kind: 'Service', name: 'haproxy', path: 'spec.selector', value: { a: 'b' } },
    /finds no pods/,
  ],
  [
    'a Service that leads to no port',
    'services',
    { kind: 'Service', name: 'haproxy', path: 'spec.ports.0.targetPort', value: 'https' },
    /do not have/,
  ],
  [
    'no PodDisruptionBudget',
    'disruptionBudgets',
    {
      kind: 'PodDisruptionBudget',
      name: 'processor-node',
      path: 'spec.selector.matchLabels',
      value: { a: 'b' },
    },
    /0 PodDisruptionBudgets/,
  ],
  [
    'a job that anybody may reach',
    'networkPolicies',
    { kind: 'NetworkPolicy', name: 'haproxystats/default-deny', path: 'spec.policyTypes', value: ['Egress'] },
    /topics: no NetworkPolicy bounds what goes in/,
  ],
  [
    'no way to look up names',
    'networkPolicies',
    { kind: 'NetworkPolicy', name: 'haproxystats/dns', path: 'spec.egress', value: [] },
    /look up names/,
  ],
  [
    'a port that is closed',
    'openPorts',
    { kind: 'NetworkPolicy', name: 'redis', path: 'spec.egress.0.ports.0.port', value: 6379 },
    /may not go out to port 6380/,
  ],
  [
    'a port that is open for nothing',
    'openPorts',
    { kind: 'NetworkPolicy', name: 'redis', path: 'spec.podSelector', value: {} },
    /may go out to port 6380/,
  ],
  [
    'a status port that nobody may ask',
    'openPorts',
    { kind: 'NetworkPolicy', name: 'status', path: 'spec.ingress', value: [] },
    /nobody may ask/,
  ],
  [
    'an unknown option',
    'settings',
    {
      kind: 'ConfigMap',
      name: 'processor-config',
      path: 'data.haproxystats~conf',
      value: '[kafka]\nbroker = a:1\n',
    },
    /unknown option 'broker'/,
  ],
  [
    'a variable that no option has',
    'settings',
    {
      ...node,
      path: `${container}.env.HAPROXYSTATS_KAFKA_SASL_USERNAME.name`,
      value: 'HAPROXYSTATS_KAFKA_USERNAME',
    },
    /unknown variable/,
  ],
  [
    'a password that is not mounted',
    'settings',
    { ...node, path: `${container}.volumeMounts.kafka-user` },
    /cannot be read|no such file/,
  ],
  [
    'a status port on the loopback address',
    'settings',
    {
      ...node,
      path: `${container}.env.0`,
      value: { name: 'HAPROXYSTATS_PROCESS_STATUS_ADDRESS', value: '127.0.0.1' },
    },
    /loopback/,
  ],
  ['variables of Services', 'settings', { ...node, path: `${pod}.enableServiceLinks` }, /enableServiceLinks/],
  [
    'another role than its label says',
    'identities',
    {
      ...node,
      path: `${pod}.containers.0.env`,
      value: [{ name: 'HAPROXYSTATS_PROCESS_ROLES', value: 'cluster' }],
    },
    /not that of its label/,
  ],
  [
    'a puller without a name of its own',
    'identities',
    { ...puller, path: `${container}.env`, value: [] },
    /downward API/,
  ],
  [
    'a group that nobody reads as',
    'scaling',
    { ...scaled, path: 'spec.triggers.0.metadata.consumerGroup', value: 'haproxystats-graphit' },
    /not scaled by what it reads/,
  ],
  [
    'a group that is not looked at',
    'scaling',
    { ...scaled, path: 'spec.triggers.1' },
    /not scaled by what it reads/,
  ],
  [
    'the topic of another role',
    'scaling',
    { ...scaled, path: 'spec.triggers.0.metadata.topic', value: 'haproxystats.raw.v1' },
    /not scaled by what it reads/,
  ],
  [
    'more replicas than partitions',
    'scaling',
    { ...scaled, path: 'spec.maxReplicaCount', value: 7 },
    /7 replicas/,
  ],
  [
    'nothing left at night',
    'scaling',
    { ...scaled, path: 'spec.minReplicaCount', value: 0 },
    /scaled to nothing/,
  ],
  [
    'a haste to scale down',
    'scaling',
    {
      ...scaled,
      path: 'spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds',
      value: 30,
    },
    /less than 300 s/,
  ],
  [
    'brokers of somebody else',
    'scaling',
    { ...scaled, path: 'spec.triggers.0.metadata.bootstrapServers', value: 'kafka:9092' },
    /other brokers/,
  ],
  ['KEDA without TLS', 'scaling', { ...scaled, path: 'spec.triggers.0.metadata.tls' }, /does not use TLS/],
  [
    'the login of another role',
    'scaling',
    { ...scaled, path: 'spec.triggers.0.authenticationRef.name', value: 'processor-node' },
    /somebody else/,
  ],
  [
    'nothing that is scaled',
    'scaling',
    { ...scaled, path: 'spec.scaleTargetRef.name', value: 'graphite' },
    /nothing that it scales/,
  ],
];

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

  it('have each policy among them', () => {
    expect(Object.keys(policies).filter((name) => !refused.some(([, policy]) => policy === name))).toEqual(
      [],
    );
  });
});
