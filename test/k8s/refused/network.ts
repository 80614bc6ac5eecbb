import type { Refused } from './refused';

/** Of what goes in and out. */
export const network: readonly Refused[] = [
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
    'names that only pods of Kubernetes answer',
    'networkPolicies',
    {
      kind: 'NetworkPolicy',
      name: 'haproxystats/dns',
      path: 'spec.egress.0.to',
      value: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
    },
    /look up names at a cache of its node/,
  ],
  [
    'long answers that do not come',
    'networkPolicies',
    { kind: 'NetworkPolicy', name: 'haproxystats/dns', path: 'spec.egress.0.ports.1.protocol', value: 'UDP' },
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
    'brokers that are somewhere else',
    'openPorts',
    {
      kind: 'NetworkPolicy',
      name: 'haproxystats/kafka',
      path: 'spec.egress.0.to',
      value: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kafka' } } }],
    },
    /may not go out to port 9093 of kafka-1\.example\.org/,
  ],
  [
    'brokers of another namespace',
    'openPorts',
    {
      kind: 'NetworkPolicy',
      name: 'load-balancer/haproxy',
      path: 'spec.egress.1.to',
      value: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kafka-old' } } }],
    },
    /may not go out to port 9092 of kafka\.kafka\.svc/,
  ],
  [
    'a status port that all may ask',
    'openPorts',
    { kind: 'NetworkPolicy', name: 'haproxystats/status', path: 'spec.ingress.0.from' },
    /its port status may be asked from namespaces that are not named/,
  ],
  [
    'a status port that every namespace may ask',
    'openPorts',
    {
      kind: 'NetworkPolicy',
      name: 'haproxystats/status',
      path: 'spec.ingress.0.from',
      value: [{ namespaceSelector: {} }],
    },
    /not named/,
  ],
  [
    'a status port that nobody may ask',
    'openPorts',
    { kind: 'NetworkPolicy', name: 'status', path: 'spec.ingress', value: [] },
    /nobody may ask/,
  ],
  [
    'tools that may not reach Kafka',
    'openPorts',
    {
      kind: 'Deployment',
      name: 'tools',
      path: 'spec.template.metadata.labels.app~kubernetes~io/component',
      value: 'tool',
    },
    /may not go out to port 9093/,
  ],
];
