import { container, node, pod } from '../broken';
import type { Refused } from './refused';

const ofHaproxy = { selector: { matchLabels: { 'app.kubernetes.io/name': 'haproxy' } } } as const;

/** Of objects that name each other. */
export const parts: readonly Refused[] = [
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
    'a budget that keeps a node from being drained',
    'disruptionBudgets',
    { kind: 'PodDisruptionBudget', name: 'haproxy', path: 'spec', value: { ...ofHaproxy, minAvailable: 2 } },
    /lets none of 2 go/,
  ],
  [
    'a budget of all',
    'disruptionBudgets',
    {
      kind: 'PodDisruptionBudget',
      name: 'haproxy',
      path: 'spec',
      value: { ...ofHaproxy, minAvailable: '51%' },
    },
    /lets none of 2 go/,
  ],
  [
    'a budget of none',
    'disruptionBudgets',
    { kind: 'PodDisruptionBudget', name: 'processor-node', path: 'spec.maxUnavailable', value: 0 },
    /lets none of 5 go/,
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
];
