import {
  ofKind,
  selects,
  type Container,
  type NetworkPolicySpec,
  type NetworkRule,
  type Peer,
} from '../manifests';
import { isOurs, type Workload } from '../workloads';
import { forEachContainer, ourWorkloads, whatIsTrue, type Policy, type Rendered } from './rendered';

/** The policies that apply to a pod. */
function policiesOf({ manifests }: Rendered, { namespace, labels }: Workload): NetworkPolicySpec[] {
  return ofKind(manifests, 'NetworkPolicy')
    .filter(({ metadata, spec }) => metadata.namespace === namespace && selects(spec.podSelector, labels))
    .map(({ spec }) => spec);
}

/** A port that a rule opens, and for whom; undefined: for any address. */
interface Opening {
  readonly port: string | number;
  readonly protocol: string;
  readonly peers: readonly Peer[] | undefined;
}

const openingsOf = (rules: readonly NetworkRule[] = []): Opening[] =>
  rules.flatMap(({ ports = [], to = [], from = [] }) => {
    const named = [...to, ...from];
    const peers = named.length > 0 ? named : undefined;
    return ports.map(({ port, protocol = 'TCP' }) => ({ port, protocol, peers }));
  });

const namespaceOf = ({ namespaceSelector }: Peer): string | undefined =>
  namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'];

const lookUps = { port: 53, protocols: ['UDP', 'TCP'], openshift: 'openshift-dns' } as const;

/** Nothing goes in and out but what a policy allows; names can be looked up, wherever that is answered. */
export const networkPolicies: Policy = (rendered) =>
  ourWorkloads(rendered).flatMap((workload) => {
    const policies = policiesOf(rendered, workload);
    const bounded = policies.flatMap(({ policyTypes }) => policyTypes);
    const named = policies
      .flatMap(({ egress }) => openingsOf(egress))
      .filter(({ port, peers }) => port === lookUps.port && peers === undefined)
      .map(({ protocol }) => protocol);
    return whatIsTrue({
      [`${workload.place}: no NetworkPolicy bounds what goes in`]: !bounded.includes('Ingress'),
      [`${workload.place}: no NetworkPolicy bounds what goes out`]: !bounded.includes('Egress'),
      [`${workload.place}: no NetworkPolicy lets it look up names at a cache of its node`]:
        lookUps.protocols.some((protocol) => !named.includes(protocol)),
    });
  });

/** What a container's settings lead to, and no more, may go out; the status port may be asked, by namespaces that are named. */
export const openPorts: Policy = (rendered) =>
  forEachContainer(rendered, (container, workload) => {
    if (!isOurs(container)) return [];
    const policies = policiesOf(rendered, workload);
    return [
      ...outgoingFaults(
        policies.flatMap(({ egress }) => openingsOf(egress)),
        addressesNeeded(rendered, workload, container),
        workload.containers.length === 1,
      ),
      ...incomingFaults(
        policies.flatMap(({ ingress }) => openingsOf(ingress)),
        container,
      ),
    ];
  });

function outgoingFaults(open: readonly Opening[], needed: readonly string[], isAlone: boolean): string[] {
  const ports = new Set(needed.map(portOf));
  const isNeeded = ({ port, peers }: Opening): boolean =>
    port === lookUps.port || peers?.map(namespaceOf).includes(lookUps.openshift) || ports.has(Number(port));
  return [
    ...needed
      .filter((address) => !open.some((each) => leadsTo(each, address)))
      .map((address) => `may not go out to port ${portOf(address)} of ${hostOf(address)}`),
    ...open
      .filter((each) => isAlone && !isNeeded(each))
      .map(({ port }) => `may go out to port ${port}, where its settings do not lead`),
  ];
}

/** To any address, to the namespace of a Service, or to addresses that are no pod's. */
function leadsTo({ port, peers }: Opening, address: string): boolean {
  if (port !== portOf(address)) return false;
  const namespace = /\.([\w-]+)\.svc$/.exec(hostOf(address))?.[1];
  const isThere = (peer: Peer): boolean =>
    namespace === undefined ? peer.ipBlock !== undefined : namespaceOf(peer) === namespace;
  return peers === undefined || peers.some(isThere);
}

function incomingFaults(open: readonly Opening[], { ports = [] }: Container): string[] {
  return ports.flatMap(({ name, containerPort }) => {
    const openings = open.filter(({ port }) => port === name || port === containerPort);
    const isForAnybody = openings.some(({ peers }) => !peers?.every((peer) => namespaceOf(peer)));
    return whatIsTrue({
      [`nobody may ask its port ${name ?? containerPort}`]: openings.length === 0,
      [`its port ${name ?? containerPort} may be asked from namespaces that are not named`]: isForAnybody,
    });
  });
}

const portOf = (address: string): number => Number(/:(\d+)(\/|$)/.exec(address)?.[1]);
const hostOf = (address: string): string => /([\w.-]*):\d+(\/|$)/.exec(address)?.[1] ?? '';

/** Who asks what, by a processor's roles. */
const askedBy = {
  ledger: ['node', 'cluster'],
  relays: ['graphite'],
  schemas: ['kafka', 'events'],
} as const;

/** By the program, and for a processor by its role. */
function addressesNeeded(rendered: Rendered, workload: Workload, container: Container): string[] {
  const { program, settings } = rendered.settingsOf(workload, container);
  const { kafka, redis, graphite, registry, process, results } = settings;
  const addresses = {
    ledger: [redis.url ?? []].flat(),
    relays: [`${graphite.server}:${graphite.port}`, ...(graphite.failover ?? [])],
    schemas: results.format === 'json' ? [] : [registry.url ?? []].flat(),
  };
  if (program === 'haproxystats schemas register') return addresses.schemas;
  const asked = Object.keys(askedBy) as (keyof typeof askedBy)[];
  const others = asked.filter((each) => askedBy[each].some((role) => process.roles.includes(role)));
  const isProcessor = program === 'haproxystats-process';
  return [...(kafka.brokers ?? []), ...(isProcessor ? others.flatMap((each) => addresses[each]) : [])];
}
