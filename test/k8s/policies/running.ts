import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { selects, type Container, type Probe } from '../manifests';
import { root } from '../rendered';
import { isOurs, isService, type Workload } from '../workloads';
import { bytesOf, coresOf } from '../quantity';
import { forEachContainer, forEachWorkload, ourWorkloads, whatIsTrue, type Policy } from './rendered';

const { version, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  bin: Readonly<Record<string, string>>;
};

/** A version of each image, ours that of this repository. */
export const images: Policy = (rendered) =>
  forEachContainer(rendered, (container) => {
    const tag = /:([^:/]+)$/.exec(container.image)?.[1];
    return whatIsTrue({
      [`image ${container.image} names no version`]: tag === undefined,
      [`image ${container.image} changes under its name`]: !/\d+\.\d+/.test(tag ?? '1.0'),
      [`image ${container.image} is not this version, ${version}`]:
        tag !== undefined && isOurs(container) && tag !== version,
      [`'${container.command?.[0] ?? ''}' is no program of the image`]:
        isOurs(container) && !((container.command?.[0] ?? '') in bin),
    });
  });

/** Bounded, and never more asked for than allowed. */
export const resources: Policy = (rendered) =>
  forEachContainer(rendered, ({ resources: { requests = {}, limits = {} } = {} }) =>
    (['cpu', 'memory'] as const).flatMap((name) => {
      const measure = name === 'cpu' ? coresOf : bytesOf;
      const [request, limit] = [requests[name], limits[name]];
      if (request === undefined || limit === undefined) return [`has no request or no limit of ${name}`];
      return measure(request) <= measure(limit) ? [] : [`asks for more ${name} than its limit`];
    }),
  );

/** What runs on is looked after. A sidecar must not be what its pod is ready by. */
export const probes: Policy = (rendered) =>
  forEachContainer(rendered, (container, workload) => {
    if (!isService(workload, container)) return [];
    const isSidecar = workload.pod.initContainers?.includes(container) ?? false;
    const { livenessProbe, readinessProbe } = container;
    return [
      ...whatIsTrue({
        'has no livenessProbe': livenessProbe === undefined,
        'has no readinessProbe': readinessProbe === undefined && !isSidecar,
        'has a readinessProbe: a puller that is not ready would take HAProxy out of service':
          readinessProbe !== undefined && isSidecar,
      }),
      ...(isOurs(container) ? ownProbeFaults(container) : []),
    ];
  });

const paths = { startupProbe: '/healthz', livenessProbe: '/healthz', readinessProbe: '/readyz' } as const;

/** Ours serve three paths at the status port. */
function ownProbeFaults(container: Container): string[] {
  return (Object.keys(paths) as (keyof typeof paths)[]).flatMap((name) => {
    const probe: Probe | undefined = container[name];
    if (!probe) return name === 'startupProbe' ? [`has no startupProbe`] : [];
    const isRight = probe.httpGet?.path === paths[name] && probe.httpGet.port === 'status';
    return isRight ? [] : [`${name} must ask ${paths[name]} at the port 'status'`];
  });
}

/** What is left between the end of a program by itself and its being killed. */
const spareSeconds = 3;

/** A program ends by itself within stop-timeout: that must fit. Where a sidecar ends after the others, their time comes before. */
export const grace: Policy = (rendered) =>
  ourWorkloads(rendered).flatMap((workload) =>
    workload.containers.filter(isOurs).flatMap((container) => {
      const { program, settings } = rendered.settingsOf(workload, container);
      const section = program === 'haproxystats-pull' ? settings.pull : settings.process;
      const needed = section['stop-timeout'] + spareSeconds;
      const given = workload.pod.terminationGracePeriodSeconds ?? 30;
      return given >= needed
        ? []
        : [`${workload.place}: ${given} s to end, and ${program} may take ${needed} s`];
    }),
  );

/** What runs more than once is spread over nodes and zones. */
export const spread: Policy = (rendered) =>
  forEachWorkload(rendered, (workload) => {
    if (!['Deployment', 'StatefulSet'].includes(workload.kind) || !isReplicated(workload)) return [];
    const constraints = workload.pod.topologySpreadConstraints ?? [];
    return whatIsTrue({
      'has no topologySpreadConstraints': constraints.length === 0,
      'spreads pods that are not its own': constraints.some(
        ({ labelSelector }) => !selects(labelSelector, workload.labels),
      ),
    });
  });

/** The single servers of an example are not. */
function isReplicated({ containers }: Workload): boolean {
  return containers.some(isOurs);
}
