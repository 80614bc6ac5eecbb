import { container, node, pod, puller, scaled } from '../broken';
import type { Refused } from './refused';

/** Of what the programs make of it, and KEDA. */
export const configuration: readonly Refused[] = [
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
    'tools that cannot log in',
    'settings',
    { kind: 'Deployment', name: 'tools', path: `${container}.volumeMounts.kafka-user` },
    /tools, container tools: .*(cannot be read|no such file)/,
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
    'another directory of the host',
    'identities',
    { ...puller, path: `${pod}.volumes.sockets.hostPath.path`, value: '/run' },
    /another directory of the host/,
  ],
  [
    'a directory of the host that is made where there is none',
    'identities',
    { ...puller, path: `${pod}.volumes.sockets.hostPath.type`, value: 'DirectoryOrCreate' },
    /need not be there/,
  ],
  [
    'a directory of the host of no type',
    'identities',
    { ...puller, path: `${pod}.volumes.sockets.hostPath.type` },
    /need not be there/,
  ],
  [
    'a puller that may not connect',
    'identities',
    { ...puller, path: `${pod}.securityContext.supplementalGroups` },
    /supplementalGroups/,
  ],
  [
    'the nodes of another cluster',
    'identities',
    { ...puller, path: `${pod}.nodeSelector.haproxystats/cluster`, value: 'edge-2' },
    /is of the cluster edge-1, and does not choose its nodes by that/,
  ],
  [
    'a cluster that the configuration does not know',
    'identities',
    { ...puller, path: `${container}.env.HAPROXYSTATS_CLUSTER_NAME` },
    /is of the cluster default/,
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
    'replicas that KEDA and the manifest say',
    'scaling',
    { ...node, path: 'spec.replicas', value: 5 },
    /replicas of its own/,
  ],
  [
    'more replicas than partitions',
    'scaling',
    { ...scaled, path: 'spec.maxReplicaCount', value: 13 },
    /13 replicas, and its topics have 12 partitions/,
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
