/** What of Kubernetes' objects the checks look at. */
export interface Specs {
  readonly ConfigMap: undefined;
  readonly Secret: undefined;
  readonly ServiceAccount: undefined;
  readonly Namespace: undefined;
  readonly Service: ServiceSpec;
  readonly Deployment: WorkloadSpec;
  readonly DaemonSet: WorkloadSpec;
  readonly StatefulSet: WorkloadSpec & { readonly serviceName: string };
  readonly Job: WorkloadSpec & { readonly ttlSecondsAfterFinished?: number };
  readonly PodDisruptionBudget: DisruptionBudgetSpec;
  readonly NetworkPolicy: NetworkPolicySpec;
  readonly ScaledObject: ScaledObjectSpec;
  readonly TriggerAuthentication: { readonly secretTargetRef: readonly SecretTarget[] };
}

export type Kind = keyof Specs;

export interface Manifest<K extends Kind = Kind> {
  readonly apiVersion: string;
  readonly kind: K;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
  };
  readonly spec: Specs[K];
  readonly data?: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
}

export type Labels = Readonly<Record<string, string>>;

export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface ServiceSpec {
  readonly selector: Labels;
  readonly ports: readonly { readonly port: number; readonly targetPort: string | number }[];
}

export interface DisruptionBudgetSpec {
  readonly selector: Selector;
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
}

export interface WorkloadSpec {
  readonly replicas?: number;
  readonly selector?: Selector;
  readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly nodeSelector?: Labels;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly { readonly labelSelector: Selector }[];
  readonly securityContext?: SecurityContext & {
    readonly fsGroup?: number;
    readonly supplementalGroups?: readonly number[];
  };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface SecurityContext {
  readonly privileged?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly command?: readonly string[];
  readonly env?: readonly Variable[];
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly hostPort?: number;
  }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly resources?: { readonly requests?: Resources; readonly limits?: Resources };
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly Mount[];
}

export type Resources = Readonly<Record<string, string | number>>;

export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: SecretKey;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

export interface Probe {
  readonly failureThreshold?: number;
  readonly httpGet?: { readonly path: string; readonly port: string | number };
  readonly tcpSocket?: { readonly port: string | number };
}

export interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly hostPath?: { readonly path: string; readonly type?: string };
}

export interface NetworkPolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly NetworkRule[];
  readonly egress?: readonly NetworkRule[];
}

export interface NetworkRule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: string | number; readonly protocol?: string }[];
}

export interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}

export interface ScaledObjectSpec {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly cooldownPeriod: number;
  readonly advanced?: {
    readonly horizontalPodAutoscalerConfig?: {
      readonly behavior?: { readonly scaleDown?: { readonly stabilizationWindowSeconds?: number } };
    };
  };
  readonly triggers: readonly Trigger[];
}

export interface Trigger {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly authenticationRef?: { readonly name: string };
}

export interface SecretTarget {
  readonly parameter: string;
  readonly name: string;
  readonly key: string;
}

/** What one `kubectl apply -k` brings. */
export type Manifests = readonly Manifest[];

export function ofKind<K extends Kind>(manifests: Manifests, kind: K): Manifest<K>[] {
  return manifests.filter((each): each is Manifest<K> => each.kind === kind);
}

/** One of a namespace by its name. */
export function named<K extends Kind>(
  manifests: Manifests,
  kind: K,
  place: { readonly namespace: string; readonly name: string },
): Manifest<K> | undefined {
  return ofKind(manifests, kind).find(
    ({ metadata }) => metadata.name === place.name && metadata.namespace === place.namespace,
  );
}

export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`the checks do not know the operator ${operator}`);
      return values.includes(labels[key] ?? '');
    })
  );
}
