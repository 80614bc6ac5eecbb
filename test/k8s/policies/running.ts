import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { named, ofKind, selects, type Container, type Probe } from '../manifests';
import { root } from '../rendered';
import { isOurs, isReplicated, isService, isTools, type Workload } from '../workloads';
import { bytesOf, coresOf } from '../quantity';
import {
  forEachContainer,
  forEachWorkload,
  ourWorkloads,
  whatIsTrue,
  type Policy,
  type Rendered,
} from './rendered';

const { version, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  bin: Readonly<Record<string, string>>;
};

/** A version of each image, ours that of this repository. */
export const images: Policy = (rendered) =>
  forEachContainer(rendered, (container) => {
    const { image, command: [program = ''] = [] } = container;
    const tag = /:([^:/]+)$/.exec(image)?.[1];
    const isProgram = program in bin || isTools(container);
    return whatIsTrue({
      [`image ${image} names no version`]: tag === undefined,
      [`image ${image} changes under its name`]: !/\d+\.\d+/.test(tag ?? '1.0'),
      [`image ${image} is not this version, ${version}`]:
        tag !== undefined && isOurs(container) && tag !== version,
      [`'${program}' is no program of the image`]: isOurs(container) && !isProgram,
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

/** What runs on is looked after. A sidecar must neither be what its pod waits for nor what it is ready by. */
export const probes: Policy = (rendered) =>
  forEachContainer(rendered, (container, workload) => {
    if (!isService(workload, container)) return [];
    const isSidecar = workload.pod.initContainers?.includes(container) ?? false;
    const { livenessProbe } = container;
    return [
      ...whatIsTrue({
        'has no livenessProbe': livenessProbe === undefined,
        'is restarted because of one answer that is late': livenessProbe?.failureThreshold === 1,
      }),
      ...(isSidecar ? sidecarProbeFaults(container) : mainProbeFaults(container)),
      ...(isOurs(container) ? ownProbeFaults(container) : []),
    ];
  });

function sidecarProbeFaults({ startupProbe, readinessProbe }: Container): string[] {
  return whatIsTrue({
    'has a startupProbe: HAProxy would not begin before the puller answers': startupProbe !== undefined,
    'has a readinessProbe: a puller that is not ready would take HAProxy out of service':
      readinessProbe !== undefined,
  });
}

function mainProbeFaults(container: Container): string[] {
  return whatIsTrue({
    'has no readinessProbe': container.readinessProbe === undefined,
    'has no startupProbe': container.startupProbe === undefined && isOurs(container),
  });
}

const paths = { startupProbe: '/healthz', livenessProbe: '/healthz', readinessProbe: '/readyz' } as const;

/** Ours serve three paths at the status port. */
function ownProbeFaults(container: Container): string[] {
  return (Object.keys(paths) as (keyof typeof paths)[]).flatMap((name) => {
    const probe: Probe | undefined = container[name];
    if (!probe) return [];
    const isRight = probe.httpGet?.path === paths[name] && probe.httpGet.port === 'status';
    return isRight ? [] : [`${name} must ask ${paths[name]} at the port 'status'`];
  });
}

/** What is left between the end of a program by itself and its being killed. */
const spareSeconds = 3;

/** A program ends by itself within stop-timeout: that must fit, and before it what HAProxy takes, where the puller ends after that. */
export const grace: Policy = (rendered) =>
  ourWorkloads(rendered).flatMap((workload) =>
    workload.containers
      .filter((each) => isOurs(each) && !isTools(each))
      .flatMap((container) => {
        const { program, settings } = rendered.settingsOf(workload, container);
        const section = program === 'haproxystats-pull' ? settings.pull : settings.process;
        const isSidecar = workload.pod.initContainers?.includes(container) ?? false;
        const before = isSidecar ? hardStopAfter(rendered, workload) : 0;
        const needed = before + section['stop-timeout'] + spareSeconds;
        const given = workload.pod.terminationGracePeriodSeconds ?? 30;
        return given >= needed
          ? []
          : [`${workload.place}: ${given} s to end, and ${program} may take until ${needed} s`];
      }),
  );

/** Of the HAProxy in a pod, in seconds; without one it may take for ever. */
function hardStopAfter({ manifests }: Rendered, { pod, namespace }: Workload): number {
  const configs = (pod.volumes ?? []).flatMap(({ configMap }) =>
    configMap ? [named(manifests, 'ConfigMap', { namespace, name: configMap.name })?.data ?? {}] : [],
  );
  const text = configs.map((data) => data['haproxy.cfg'] ?? '').join('\n');
  return Number(/^\s*hard-stop-after (\d+)s$/m.exec(text)?.[1] ?? Infinity);
}

/** A Job cannot be changed: it must have gone before the next deployment. */
export const jobs: Policy = ({ manifests }) =>
  ofKind(manifests, 'Job').flatMap(({ metadata, spec }) =>
    spec.ttlSecondsAfterFinished === undefined
      ? [`Job ${metadata.name}: stays when it has ended (ttlSecondsAfterFinished)`]
      : [],
  );

/** What runs more than once is spread over nodes and zones. */
export const spread: Policy = (rendered) =>
  forEachWorkload(rendered, (workload) => {
    if (!isReplicated(workload)) return [];
    const constraints = workload.pod.topologySpreadConstraints ?? [];
    return whatIsTrue({
      'has no topologySpreadConstraints': constraints.length === 0,
      'spreads pods that are not its own': constraints.some(
        ({ labelSelector }) => !selects(labelSelector, workload.labels),
      ),
    });
  });
