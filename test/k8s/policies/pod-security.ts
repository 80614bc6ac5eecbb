import { ofKind, type Container, type Labels } from '../manifests';
import type { Workload } from '../workloads';
import { forEachContainer, forEachWorkload, whatIsTrue, type Policy, type Rendered } from './rendered';

type Level = 'restricted' | 'baseline' | 'privileged';

/** What the namespace of a workload enforces. */
function levelOf({ manifests }: Rendered, { namespace }: Workload): Level {
  const found = ofKind(manifests, 'Namespace').find(({ metadata }) => metadata.name === namespace);
  const labels: Labels = found?.metadata.labels ?? {};
  return (labels['pod-security.kubernetes.io/enforce'] ?? 'privileged') as Level;
}

/** Namespaces say which level they enforce, and warn below 'restricted'. */
export const namespaces: Policy = ({ manifests }) =>
  ofKind(manifests, 'Namespace').flatMap(({ metadata: { name, labels = {} } }) => {
    const level = labels['pod-security.kubernetes.io/enforce'];
    const told = ['enforce', 'warn', 'audit'].map((mode) => labels[`pod-security.kubernetes.io/${mode}`]);
    return whatIsTrue({
      [`Namespace ${name}: enforces no level of Pod Security`]: level === undefined,
      [`Namespace ${name}: 'privileged' must at least warn of what 'restricted' refuses`]:
        level === 'privileged' && told.filter((each) => each === 'restricted').length < 2,
    });
  });

/** 'restricted' in every namespace but those of an example's servers; there is one exception, a hostPath where that is enforced as 'privileged'. */
export const podSecurity: Policy = (rendered) => [
  ...forEachWorkload(rendered, (workload) =>
    levelOf(rendered, workload) === 'baseline' ? [] : podFaults(rendered, workload),
  ),
  ...forEachContainer(rendered, (container, workload) =>
    levelOf(rendered, workload) === 'baseline' ? [] : containerFaults(container, workload),
  ),
];

const volumesAllowed = ['configMap', 'secret', 'emptyDir', 'projected', 'downwardAPI', 'name'];

function podFaults(rendered: Rendered, workload: Workload): string[] {
  const { hostIPC, hostNetwork, hostPID, securityContext, volumes = [] } = workload.pod;
  const isPrivileged = levelOf(rendered, workload) === 'privileged';
  const strange = volumes.flatMap((volume) =>
    Object.keys(volume).filter(
      (type) => !volumesAllowed.includes(type) && !(type === 'hostPath' && isPrivileged),
    ),
  );
  return whatIsTrue({
    'shares a namespace of its host': Boolean(hostIPC ?? hostNetwork ?? hostPID),
    'has no seccompProfile RuntimeDefault': securityContext?.seccompProfile?.type !== 'RuntimeDefault',
    'does not say runAsNonRoot': securityContext?.runAsNonRoot !== true,
    [`has volumes that 'restricted' refuses: ${strange.join(', ')}`]: strange.length > 0,
  });
}

function containerFaults({ securityContext: own = {}, ports = [] }: Container, { pod }: Workload): string[] {
  const { drop = [], add = [] } = own.capabilities ?? {};
  const user = { ...pod.securityContext, ...own }.runAsUser ?? 0;
  return whatIsTrue({
    'is privileged': own.privileged === true,
    'may run as root': own.runAsNonRoot === false || user === 0,
    'may gain privileges (allowPrivilegeEscalation)': own.allowPrivilegeEscalation !== false,
    'has a root file system that can be written': own.readOnlyRootFilesystem !== true,
    'does not drop all capabilities': !drop.includes('ALL'),
    'adds capabilities': add.length > 0,
    'has another seccompProfile': ![undefined, 'RuntimeDefault'].includes(own.seccompProfile?.type),
    'takes a port of its host': ports.some(({ hostPort }) => hostPort !== undefined),
  });
}

/** Nobody here asks the API server. */
export const noTokens: Policy = ({ manifests, workloads }) => [
  ...ofKind(manifests, 'ServiceAccount').flatMap(({ metadata, automountServiceAccountToken }) =>
    automountServiceAccountToken === false ? [] : [`ServiceAccount ${metadata.name}: mounts a token`],
  ),
  ...workloads.flatMap(({ place, pod }) =>
    pod.automountServiceAccountToken === false ? [] : [`${place}: mounts a token`],
  ),
];
