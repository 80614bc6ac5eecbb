import { named, ofKind, selects, type DisruptionBudgetSpec, type Manifests } from '../manifests';
import { isReplicated, type Workload } from '../workloads';
import { forEachContainer, forEachWorkload, whatIsTrue, type Policy, type Rendered } from './rendered';

interface Wanted {
  readonly kind: 'ConfigMap' | 'Secret' | 'ServiceAccount' | 'Service';
  readonly name: string;
  readonly key?: string;
}

/** Whatever an object names is there, in its namespace, and has the key that is asked for. */
export const references: Policy = (rendered) => [
  ...forEachWorkload(rendered, (workload) =>
    wantedBy(rendered, workload).flatMap((wanted) => missing(rendered, workload.namespace, wanted)),
  ),
  ...ofKind(rendered.manifests, 'TriggerAuthentication').flatMap(({ metadata, spec }) =>
    spec.secretTargetRef
      .flatMap(({ name, key }) =>
        missing(rendered, metadata.namespace ?? '', { kind: 'Secret', name, key } as const),
      )
      .map((fault) => `TriggerAuthentication ${metadata.name}: ${fault}`),
  ),
];

function wantedBy({ manifests }: Rendered, workload: Workload): Wanted[] {
  const { pod, containers, kind, name: own, namespace } = workload;
  const stateful = kind === 'StatefulSet' ? named(manifests, kind, { namespace, name: own }) : undefined;
  return [
    { kind: 'ServiceAccount', name: pod.serviceAccountName ?? 'default' },
    ...(stateful ? [{ kind: 'Service', name: stateful.spec.serviceName } as const] : []),
    ...(pod.volumes ?? []).flatMap(({ configMap, secret }): Wanted[] => [
      ...(configMap ? [{ kind: 'ConfigMap', name: configMap.name } as const] : []),
      ...(secret ? [{ kind: 'Secret', name: secret.secretName } as const] : []),
    ]),
    ...containers
      .flatMap(({ env = [] }) => env)
      .flatMap(({ valueFrom }): Wanted[] =>
        valueFrom?.secretKeyRef ? [{ kind: 'Secret', ...valueFrom.secretKeyRef }] : [],
      ),
  ];
}

function missing(
  { manifests, secrets }: Pick<Rendered, 'manifests' | 'secrets'>,
  namespace: string,
  { kind, name, key }: Wanted,
): string[] {
  if (kind === 'ServiceAccount' && name === 'default') return [];
  const all: Manifests = [...manifests, ...secrets];
  const found = named(all, kind, { namespace, name });
  if (!found) return [`there is no ${kind} ${namespace}/${name}`];
  if (key === undefined || found.data?.[key] !== undefined) return [];
  return [`${kind} ${namespace}/${name} has no key ${key}`];
}

/** Volumes that are mounted are there, and those that are there are mounted; ports that probes name are declared. */
export const ownParts: Policy = (rendered) => [
  ...forEachContainer(rendered, ({ volumeMounts = [], ports = [], ...probes }, { pod }) => {
    const volumes = (pod.volumes ?? []).map(({ name }) => name);
    const declared = ports.flatMap(({ name, containerPort }) => [name, containerPort]);
    const asked = [probes.startupProbe, probes.livenessProbe, probes.readinessProbe].flatMap((probe) => {
      const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
      return port === undefined ? [] : [port];
    });
    return [
      ...volumeMounts
        .filter(({ name }) => !volumes.includes(name))
        .map(({ name }) => `mounts ${name}, which is no volume of its pod`),
      ...asked
        .filter((port) => !declared.includes(port))
        .map((port) => `a probe asks port ${port}, which it does not declare`),
    ];
  }),
  ...forEachWorkload(rendered, ({ pod, containers }) => {
    const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
    return (pod.volumes ?? [])
      .filter(({ name }) => !mounted.includes(name))
      .map(({ name }) => `nobody mounts the volume ${name}`);
  }),
];

/** A selector finds its own pods and no others: two Deployments that share pods would remove them in turn. */
export const selectors: Policy = (rendered) =>
  forEachWorkload(rendered, (workload) => {
    const { selector, labels, namespace } = workload;
    if (!selector) return [];
    const others = rendered.workloads.filter(
      (each) => each !== workload && each.namespace === namespace && selects(selector, each.labels),
    );
    return [
      ...whatIsTrue({ 'its selector does not find its own pods': !selects(selector, labels) }),
      ...others.map(({ place }) => `its selector finds the pods of ${place} too`),
    ];
  });

/** A Service finds pods, and a port that they have. */
export const services: Policy = ({ manifests, workloads }) =>
  ofKind(manifests, 'Service').flatMap(({ metadata, spec }) => {
    const found = workloads.filter(
      ({ namespace, labels }) =>
        namespace === metadata.namespace && selects({ matchLabels: spec.selector }, labels),
    );
    const ports = found
      .flatMap(({ containers }) => containers)
      .flatMap((container) =>
        (container.ports ?? []).flatMap(({ name, containerPort }) => [name, containerPort]),
      );
    return whatIsTrue({
      [`Service ${metadata.name}: finds no pods`]: found.length === 0,
      [`Service ${metadata.name}: leads to a port that its pods do not have`]: spec.ports.some(
        ({ targetPort }) => !ports.includes(targetPort),
      ),
    });
  });

/** What is replicated can be moved, one at a time: a node can always be drained. */
export const disruptionBudgets: Policy = (rendered) =>
  forEachWorkload(rendered, (workload) => {
    const { namespace, labels } = workload;
    if (!isReplicated(workload)) return [];
    const budgets = ofKind(rendered.manifests, 'PodDisruptionBudget').filter(
      ({ metadata, spec }) => metadata.namespace === namespace && selects(spec.selector, labels),
    );
    const least = leastReplicas(rendered, workload);
    return whatIsTrue({
      [`has ${budgets.length} PodDisruptionBudgets, not one`]: budgets.length !== 1,
      [`its PodDisruptionBudget lets none of ${least} go`]: budgets.some(
        ({ spec }) => goable(spec, least) < 1,
      ),
    });
  });

function leastReplicas({ manifests }: Rendered, { namespace, name, replicas = 1 }: Workload): number {
  const scaled = ofKind(manifests, 'ScaledObject').find(
    ({ metadata, spec }) => metadata.namespace === namespace && spec.scaleTargetRef.name === name,
  );
  return scaled?.spec.minReplicaCount ?? replicas;
}

/** How many of so many may go at a time. */
function goable({ minAvailable, maxUnavailable }: DisruptionBudgetSpec, of: number): number {
  if (maxUnavailable !== undefined) return countOf(maxUnavailable, of);
  return of - countOf(minAvailable ?? 0, of);
}

/** `50%` of so many, rounded up as Kubernetes does. */
function countOf(quantity: number | string, of: number): number {
  return typeof quantity === 'number' ? quantity : Math.ceil((of * Number.parseFloat(quantity)) / 100);
}
