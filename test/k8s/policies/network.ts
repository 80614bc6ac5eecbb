import { ofKind, selects, type Container, type NetworkPolicySpec, type NetworkRule } from '../manifests';
import { isOurs, type Workload } from '../workloads';
import { forEachContainer, ourWorkloads, whatIsTrue, type Policy, type Rendered } from './rendered';

/** The policies that apply to a pod. */
function policiesOf({ manifests }: Rendered, { namespace, labels }: Workload): NetworkPolicySpec[] {
  return ofKind(manifests, 'NetworkPolicy')
    .filter(({ metadata, spec }) => metadata.namespace === namespace && selects(spec.podSelector, labels))
    .map(({ spec }) => spec);
}

const portsOf = (rules: readonly NetworkRule[] = []): (string | number)[] =>
  rules.flatMap(({ ports = [] }) => ports.map(({ port }) => port));

/** Nothing goes in and out but what a policy allows; names can be looked up. */
export const networkPolicies: Policy = (rendered) =>
  ourWorkloads(rendered).flatMap((workload) => {
    const policies = policiesOf(rendered, workload);
    const bounded = policies.flatMap(({ policyTypes }) => policyTypes);
    const outgoing = policies.flatMap(({ egress }) => portsOf(egress));
    return whatIsTrue({
      [`${workload.place}: no NetworkPolicy bounds what goes in`]: !bounded.includes('Ingress'),
      [`${workload.place}: no NetworkPolicy bounds what goes out`]: !bounded.includes('Egress'),
      [`${workload.place}: no NetworkPolicy lets it look up names`]: !outgoing.includes(53),
    });
  });

/** What a container's settings lead to, and no more, may go out; the status port may be asked. */
export const openPorts: Policy = (rendered) =>
  forEachContainer(rendered, (container, workload) => {
    if (!isOurs(container)) return [];
    const policies = policiesOf(rendered, workload);
    const open = new Set(policies.flatMap(({ egress }) => portsOf(egress)));
    const incoming = policies.flatMap(({ ingress }) => portsOf(ingress));
    const needed = new Set(portsNeeded(rendered, workload, container));
    const isAlone = workload.containers.length === 1;
    return [
      ...[...needed].filter((port) => !open.has(port)).map((port) => `may not go out to port ${port}`),
      ...[...open]
        .filter((port) => isAlone && port !== 53 && !needed.has(Number(port)))
        .map((port) => `may go out to port ${port}, where its settings do not lead`),
      ...(container.ports ?? [])
        .filter(
          ({ name = '', containerPort }) => ![name, containerPort].some((port) => incoming.includes(port)),
        )
        .map(({ name, containerPort }) => `nobody may ask its port ${name ?? containerPort}`),
    ];
  });

const portOf = (address: string): number => Number(/:(\d+)(\/|$)/.exec(address)?.[1]);

/** Who asks what, by a processor's roles. */
const askedBy = {
  ledger: ['node', 'cluster'],
  relays: ['graphite'],
  schemas: ['kafka', 'events'],
} as const;

/** By the program, and for a processor by its role. */
function portsNeeded(rendered: Rendered, workload: Workload, container: Container): number[] {
  const { program, settings } = rendered.settingsOf(workload, container);
  const { kafka, redis, graphite, registry, process, results } = settings;
  const addresses = {
    ledger: [redis.url ?? []].flat(),
    relays: [`:${graphite.port}`, ...(graphite.failover ?? [])],
    schemas: results.format === 'json' ? [] : [registry.url ?? []].flat(),
  };
  if (program === 'haproxystats schemas register') return addresses.schemas.map(portOf);
  const asked = Object.keys(askedBy) as (keyof typeof askedBy)[];
  const others = asked.filter((each) => askedBy[each].some((role) => process.roles.includes(role)));
  const isProcessor = program === 'haproxystats-process';
  return [...(kafka.brokers ?? []), ...(isProcessor ? others.flatMap((each) => addresses[each]) : [])].map(
    portOf,
  );
}
