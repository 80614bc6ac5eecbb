import type { ContainerSettings } from '../container-settings';
import type { Container, Manifests } from '../manifests';
import { isOurs, type Workload } from '../workloads';

/** What a policy looks at. */
export interface Rendered {
  readonly manifests: Manifests;
  /** Secrets that somebody else brings. */
  readonly secrets: Manifests;
  readonly workloads: readonly Workload[];
  readonly settingsOf: (workload: Workload, container: Container) => ContainerSettings;
}

/** Says what is wrong, one sentence each, with the object's name. */
export type Policy = (rendered: Rendered) => readonly string[];

export function forEachContainer(
  { workloads }: Rendered,
  faults: (container: Container, workload: Workload) => readonly string[],
): string[] {
  return workloads.flatMap((workload) =>
    workload.containers.flatMap((container) =>
      faults(container, workload).map((fault) => `${workload.place}, container ${container.name}: ${fault}`),
    ),
  );
}

export function forEachWorkload(
  { workloads }: Rendered,
  faults: (workload: Workload) => readonly string[],
): string[] {
  return workloads.flatMap((workload) => faults(workload).map((fault) => `${workload.place}: ${fault}`));
}

/** Workloads with a container of ours; the servers of an example are looked at less closely. */
export function ourWorkloads({ workloads }: Rendered): Workload[] {
  return workloads.filter(({ containers }) => containers.some(isOurs));
}

/** The sentences whose condition is true. */
export function whatIsTrue(sentences: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(sentences).filter((sentence) => sentences[sentence]);
}
