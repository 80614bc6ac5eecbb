import { readingsOfRole, type Role } from '@haproxystats/processor';
import { groupName, topicName, topics } from '@haproxystats/messaging';
import { named, ofKind, type Container, type Manifest, type Trigger, type Volume } from '../manifests';
import { isOurs, isReplicated, type Workload } from '../workloads';
import { forEachContainer, whatIsTrue, type Policy, type Rendered } from './rendered';

/** The programs take their files and their environment, without a warning. */
export const settings: Policy = (rendered) =>
  forEachContainer(rendered, (container, workload) => {
    if (!isOurs(container)) return [];
    const { program, settings: loaded, faults } = rendered.settingsOf(workload, container);
    const section = program === 'haproxystats-pull' ? loaded.pull : loaded.process;
    const status = container.ports?.find(({ name }) => name === 'status');
    return [
      ...faults,
      ...whatIsTrue({
        'gets variables of Services, which may be called as its own (enableServiceLinks)':
          workload.pod.enableServiceLinks !== false,
        'a kubelet cannot ask its status port: status-address is the loopback address':
          status !== undefined && section['status-address'] === '127.0.0.1',
        [`its port 'status' is not status-port, ${section['status-port']}`]:
          status !== undefined && status.containerPort !== section['status-port'],
      }),
    ];
  });

const socketsPath = '/run/haproxy';
const clusterLabel = 'haproxystats/cluster';

/**
 * A processor has one role, that of its label; a puller is named by where it runs, and can write its spool. Those of a DaemonSet run where
 * the label of nodes has the name of their cluster: so none belongs to two, or has two pullers.
 */
export const identities: Policy = (rendered) =>
  forEachContainer(rendered, (container, workload) => {
    if (!isOurs(container)) return [];
    const { program, settings: loaded } = rendered.settingsOf(workload, container);
    const component = workload.labels['app.kubernetes.io/component'];
    const node = container.env?.find(({ name }) => name === 'HAPROXYSTATS_PULL_NODE');
    return whatIsTrue({
      [`has the roles ${loaded.process.roles.join(', ')}, not that of its label`]:
        program === 'haproxystats-process' && String(loaded.process.roles) !== component,
      'does not get its node by the downward API':
        program === 'haproxystats-pull' && node?.valueFrom?.fieldRef === undefined,
      'cannot write its spool, or finds no sockets':
        program === 'haproxystats-pull' && !hasPlaces(container, workload),
      ...hostFaults(workload),
      [`is of the cluster ${loaded.cluster.name}, and does not choose its nodes by that (${clusterLabel})`]:
        workload.kind === 'DaemonSet' && workload.pod.nodeSelector?.[clusterLabel] !== loaded.cluster.name,
    });
  });

function hasPlaces({ volumeMounts = [] }: Container, { pod }: Workload): boolean {
  const volumeAt = (path: string): (Volume & { readOnly: boolean }) | undefined => {
    const mount = volumeMounts.find(({ mountPath }) => mountPath === path);
    const volume = pod.volumes?.find(({ name }) => name === mount?.name);
    return volume && { ...volume, readOnly: mount?.readOnly ?? false };
  };
  const [sockets, spool] = [volumeAt(socketsPath), volumeAt('/var/lib/haproxystats')];
  return sockets?.readOnly === true && spool?.readOnly === false;
}

/** Of the host nothing but the sockets, where they are already; fsGroup does not reach them, so a group of theirs is needed. */
function hostFaults({ pod }: Workload): Record<string, boolean> {
  const paths = (pod.volumes ?? []).flatMap(({ hostPath }) => hostPath ?? []);
  const groups = pod.securityContext?.supplementalGroups ?? [];
  return {
    [`mounts another directory of the host than ${socketsPath}`]: paths.some(
      ({ path }) => path !== socketsPath,
    ),
    'mounts a directory of the host that need not be there (type: Directory)': paths.some(
      ({ type }) => type !== 'Directory',
    ),
    'is in no group that the sockets may belong to (supplementalGroups)':
      paths.length > 0 && groups.length === 0,
  };
}

/** Every role has one ScaledObject, and that looks at what the role really reads, as the role's own user. */
export const scaling: Policy = (rendered) => {
  const scaled = ofKind(rendered.manifests, 'ScaledObject');
  if (scaled.length === 0) return [];
  const processors = rendered.workloads.filter((each) => each.kind === 'Deployment' && isReplicated(each));
  return processors
    .flatMap((workload) => {
      const own = scaled.filter(({ metadata: { namespace }, spec }) => {
        return namespace === workload.namespace && spec.scaleTargetRef.name === workload.name;
      });
      const faults =
        own.length === 1
          ? scalingFaults(rendered, workload, own[0]!)
          : [`has ${own.length} ScaledObjects, not one`];
      return faults.map((fault) => `${workload.place}: ${fault}`);
    })
    .concat(
      scaled
        .filter(({ spec, metadata }) => !processors.some((each) => isTarget(each, spec, metadata.namespace)))
        .map(({ metadata }) => `ScaledObject ${metadata.name}: there is nothing that it scales`),
    );
};

function isTarget(
  { name, namespace }: Workload,
  { scaleTargetRef }: Manifest<'ScaledObject'>['spec'],
  place: string | undefined,
): boolean {
  return name === scaleTargetRef.name && namespace === place;
}

const calmSeconds = 300;

function scalingFaults(rendered: Rendered, workload: Workload, { spec }: Manifest<'ScaledObject'>): string[] {
  const { settings: loaded } = rendered.settingsOf(workload, workload.containers[0]!);
  const role = loaded.process.roles[0] as Role;
  const readings = readingsOfRole(role);
  const { 'topic-prefix': topicPrefix, 'group-prefix': groupPrefix } = loaded.kafka;
  const expected = readings.map(({ name, topic }) => ({
    consumerGroup: groupName(groupPrefix, name),
    topic: topicName(topicPrefix, topic),
  }));
  const found = spec.triggers.map(({ metadata }) => metadata);
  const down = spec.advanced?.horizontalPodAutoscalerConfig?.behavior?.scaleDown;
  const usual = Math.max(...readings.map(({ topic }) => topics[topic].partitions));
  const partitions = partitionsAsked(rendered) ?? usual;
  return [
    ...whatIsTrue({
      'has replicas of its own, which each deployment would go back to': workload.replicas !== undefined,
      [`is not scaled by what it reads, ${expected.map(({ consumerGroup }) => consumerGroup).join(' and ')}`]:
        JSON.stringify(found.map(({ consumerGroup, topic }) => ({ consumerGroup, topic }))) !==
        JSON.stringify(expected),
      [`may have ${spec.maxReplicaCount} replicas, and its topics have ${partitions} partitions`]:
        spec.maxReplicaCount > partitions,
      'would be scaled to nothing, or has a least above its most':
        spec.minReplicaCount < 1 || spec.minReplicaCount > spec.maxReplicaCount,
      [`would be scaled down in less than ${calmSeconds} s`]:
        spec.cooldownPeriod < calmSeconds || (down?.stabilizationWindowSeconds ?? 0) < calmSeconds,
    }),
    ...spec.triggers.flatMap((trigger) => triggerFaults(rendered, workload, trigger)),
  ];
}

/** By the job that creates the topics. */
function partitionsAsked({ workloads }: Rendered): number | undefined {
  const commands = workloads.flatMap(({ containers }) => containers.map(({ command = [] }) => command));
  const topicsJob = commands.find(([program, command]) => program === 'haproxystats' && command === 'topics');
  const at = topicsJob?.indexOf('--partitions') ?? -1;
  return at < 0 ? undefined : Number(topicsJob?.[at + 1]);
}

/** KEDA reaches the brokers as the program does. */
function triggerFaults(rendered: Rendered, workload: Workload, trigger: Trigger): string[] {
  const { settings: loaded } = rendered.settingsOf(workload, workload.containers[0]!);
  const { brokers = [], tls, 'sasl-mechanism': mechanism } = loaded.kafka;
  const { metadata, authenticationRef } = trigger;
  const threshold = Number(metadata['lagThreshold']);
  return [
    ...whatIsTrue({
      [`is scaled at other brokers, ${String(metadata['bootstrapServers'])}`]:
        metadata['bootstrapServers'] !== brokers.join(','),
      'is scaled as if it began at the end of a topic': metadata['offsetResetPolicy'] !== 'earliest',
      'has no lagThreshold above 0': !(threshold > 0),
      'KEDA does not use TLS as the program does': (metadata['tls'] === 'enable') !== tls,
      'KEDA does not log in as the program does': metadata['sasl'] !== (mechanism && kedaWords[mechanism]),
    }),
    ...(mechanism === undefined ? [] : loginFaults(rendered, workload, authenticationRef?.name)),
  ];
}

/** KEDA's words for what the program calls so. */
const kedaWords = {
  plain: 'plaintext',
  'scram-sha-256': 'scram_sha256',
  'scram-sha-512': 'scram_sha512',
} as const;

/** The Secret of the role, and no other role's. */
function loginFaults({ manifests }: Rendered, workload: Workload, name = ''): string[] {
  const { namespace, pod } = workload;
  const login = named(manifests, 'TriggerAuthentication', { namespace, name });
  if (!login) return [`there is no TriggerAuthentication ${namespace}/${name}`];
  const secrets = new Set((pod.volumes ?? []).map(({ secret }) => secret?.secretName));
  const others = login.spec.secretTargetRef.filter((target) => !secrets.has(target.name));
  const given = login.spec.secretTargetRef.map(({ parameter }) => parameter).sort();
  return whatIsTrue({
    [`TriggerAuthentication ${name} has the Secrets of somebody else`]: others.length > 0,
    [`TriggerAuthentication ${name} gives ${given.join(', ')}`]: String(given) !== 'ca,password,username',
  });
}
