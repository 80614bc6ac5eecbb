import {
  ofKind,
  type Container,
  type Labels,
  type Manifests,
  type PodSpec,
  type Selector,
} from './manifests';

const kinds = ['DaemonSet', 'Deployment', 'StatefulSet', 'Job'] as const;

/** What makes pods. */
export interface Workload {
  readonly kind: (typeof kinds)[number];
  readonly name: string;
  readonly namespace: string;
  /** `Deployment haproxystats/processor-node`. */
  readonly place: string;
  /** undefined: somebody else says how many. */
  readonly replicas: number | undefined;
  readonly selector: Selector | undefined;
  readonly labels: Labels;
  readonly pod: PodSpec;
  readonly containers: readonly Container[];
}

export function workloadsOf(manifests: Manifests): Workload[] {
  return kinds.flatMap((kind) =>
    ofKind(manifests, kind).map(({ metadata, spec }) => {
      const { namespace = 'default', name } = metadata;
      const { metadata: template, spec: pod } = spec.template;
      return {
        kind,
        name,
        namespace,
        place: `${kind} ${namespace}/${name}`,
        replicas: spec.replicas,
        selector: spec.selector,
        labels: template.labels,
        pod,
        containers: [...(pod.initContainers ?? []), ...pod.containers],
      };
    }),
  );
}

/** Of the image that this repository builds. */
export function isOurs({ image }: Container): boolean {
  return /(^|\/)haproxystats:/.test(image) || /(^|\/)haproxystats$/.test(image);
}

/** Waits for somebody who types commands in it: it has nothing to ask, and nothing to end. */
export function isTools({ command }: Container): boolean {
  return command?.[0] === 'sleep';
}

/** Does its work more than once: the single servers of an example do not, and tools do none. */
export function isReplicated({ kind, containers }: Workload): boolean {
  return kind !== 'DaemonSet' && kind !== 'Job' && containers.some((each) => isOurs(each) && !isTools(each));
}

/** Runs on and on, and can be asked: a sidecar of a Job's pod or of another too; an init container, a Job and tools cannot. */
export function isService({ kind, pod }: Workload, container: Container): boolean {
  if (isTools(container)) return false;
  const isInit = pod.initContainers?.includes(container) ?? false;
  return isInit ? container.restartPolicy === 'Always' : kind !== 'Job';
}
