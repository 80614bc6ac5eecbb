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

/** Runs on and on: a sidecar of a Job's pod or of another does too, an init container or a Job does not. */
export function isService({ kind, pod }: Workload, container: Container): boolean {
  const isInit = pod.initContainers?.includes(container) ?? false;
  return isInit ? container.restartPolicy === 'Always' : kind !== 'Job';
}
