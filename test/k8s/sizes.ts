import { usualPartitions } from '@haproxystats/messaging';

/** How large a fleet is: each load balancer prints so many rows in `show stat`, in each of its processes, every 10 s. */
export interface Fleet {
  readonly nodes: number;
  readonly rows: number;
  readonly processes: number;
}

/** What the sizes are computed from, each with where it was measured. */
export const measured = {
  /** docs/PERFORMANCE.md, A fleet, 100 nodes: CPU s per million rows of the role node, with one process and with 4; its peak with 10. */
  node: { ofOne: 21.3, ofEachOfFour: 12.36, peakMegabytes: 290 },
  /** The same page, Programs: for a poll of 14,400 rows. */
  puller: { cpuSeconds: 0.042, rows: 14_400, peakMegabytes: 127 },
  /**
   * What the other roles cost beside the role node: CPU s per million rows, and peak RSS in MB. One run of the fleet of bench/ with all five,
   * 10 nodes, records in JSON, on a machine that was busy with other work (load 16): only their relation is used.
   */
  roles: {
    node: { relative: 28.96, peakMegabytes: 220 },
    cluster: { relative: 19.65, peakMegabytes: 177 },
    graphite: { relative: 37.83, peakMegabytes: 248 },
    kafka: { relative: 35.52, peakMegabytes: 218 },
    events: { relative: 8.74, peakMegabytes: 164 },
  },
  /** The role cluster with 100 and 300 nodes in one partition: 203 and 239 MB. */
  clusterMegabytesPerNode: (239 - 203) / 200,
  /** What counters were at the last poll: 8 bytes each of `rate-fields`, and half as much again until V8 clears up. */
  stateBytesPerRow: 33 * 8 * 1.5,
  /** Bytes of a row, compressed: of random counters, which is the worst. */
  bytesPerRow: { raw: 102, frame: 109, record: 98 },
  /** Calls of the ledger by each process and slot, and one when it is done; what Redis keeps of a slot. */
  redis: { bytesPerSlot: 249, keptSeconds: 900 },
} as const;

export type SizedRole = keyof typeof measured.roles;
export const sizedRoles = Object.keys(measured.roles) as SizedRole[];

/** What is planned with. */
export const plan = {
  intervalSeconds: 10,
  /** Of a core: polls come in a fifth of the interval, and what waited for an hour should be read in another. */
  busy: 0.5,
  /** Two, so that one may go without a gap; for a small fleet a gap of some seconds is none. */
  leastReplicas: { small: 1, large: 2, largeFrom: 100 },
  /** Of a topic: as `haproxystats topics` creates them, or twice as many as instances, so that each gets about as much. */
  partitions: { least: usualPartitions, ofInstance: 2 },
  /** All frames of a cluster are in one partition, which one instance reads; and two clusters may share a partition. */
  rowsPerSecondOfCluster: 15_000,
  /** Replicas are added when so many slots wait. */
  slotsBehind: 3,
  /** What one broker and one Redis are asked at most: larger fleets are several, each with its own. */
  nodesOfStack: 1_000,
} as const;

export interface RoleSize {
  readonly cores: number;
  readonly replicas: number;
  readonly memory: { readonly request: number; readonly limit: number };
  /** Records of each replica. */
  readonly lagThreshold: number;
}

export interface Size {
  readonly stacks: number;
  readonly rowsPerSecond: number;
  readonly clusters: number;
  readonly partitions: number;
  readonly roles: Readonly<Record<SizedRole, RoleSize>>;
  readonly puller: { readonly cores: number; readonly spoolMegabytes: number };
  readonly kafka: { readonly megabytesPerSecond: number; readonly gigabytes: number };
  readonly redis: { readonly callsPerSecond: number; readonly megabytes: number };
}

const megabyte = 1e6;

/** Of one stack: a fleet that is larger is divided among several. */
export function sizeOf(fleet: Fleet): Size {
  const stacks = Math.ceil(fleet.nodes / plan.nodesOfStack);
  const nodes = Math.ceil(fleet.nodes / stacks);
  const merged = nodes * fleet.rows;
  const rowsPerSecond = (merged * fleet.processes) / plan.intervalSeconds;
  const roles = Object.fromEntries(
    sizedRoles.map((role) => [role, roleSize(role, { ...fleet, nodes })]),
  ) as unknown as Size['roles'];
  return {
    stacks,
    rowsPerSecond,
    clusters: Math.ceil(merged / plan.intervalSeconds / plan.rowsPerSecondOfCluster),
    partitions: partitionsFor(Math.max(...sizedRoles.map((role) => roles[role].replicas))),
    roles,
    puller: pullerSize(fleet),
    kafka: kafkaSize({ ...fleet, nodes }),
    redis: {
      callsPerSecond: (nodes * (fleet.processes + 1)) / plan.intervalSeconds,
      megabytes:
        (nodes * (measured.redis.keptSeconds / plan.intervalSeconds) * measured.redis.bytesPerSlot) /
        megabyte,
    },
  };
}

function partitionsFor(instances: number): number {
  const { least, ofInstance } = plan.partitions;
  return Math.max(least, ofInstance * instances);
}

/** CPU s of a row that is merged: to the role node each process costs something, to all others all processes are one row. */
function secondsPerRow(role: SizedRole, processes: number): number {
  const { ofOne } = measured.node;
  if (role === 'node') return (ofOne + (processes - 1) * secondsPerFurther()) / 1e6;
  return (ofOne * (measured.roles[role].relative / measured.roles.node.relative)) / 1e6;
}

/** CPU s of a million rows of one more process. */
function secondsPerFurther(): number {
  const { ofOne, ofEachOfFour } = measured.node;
  return (4 * ofEachOfFour - ofOne) / 3;
}

function roleSize(role: SizedRole, fleet: Fleet): RoleSize {
  const { nodes, rows, processes } = fleet;
  const cores = ((nodes * rows) / plan.intervalSeconds) * secondsPerRow(role, processes);
  const { small, large, largeFrom } = plan.leastReplicas;
  const replicas = Math.max(nodes < largeFrom ? small : large, Math.ceil(cores / plan.busy));
  const records = nodes * (role === 'node' ? processes : 1) * plan.slotsBehind;
  return {
    cores,
    replicas,
    memory: memoryOf(role, fleet, replicas),
    lagThreshold: roundUp(records / replicas, 100),
  };
}

/** Asked for: its share of the nodes. The limit: all of them, for that is what one has while the others are away; and a fifth more. */
function memoryOf(role: SizedRole, { nodes, rows, processes }: Fleet, replicas: number): RoleSize['memory'] {
  const own = role === 'node' ? measured.node.peakMegabytes : measured.roles[role].peakMegabytes;
  const grows = {
    node: (nodes * rows * processes * measured.stateBytesPerRow) / megabyte,
    cluster: nodes * measured.clusterMegabytesPerNode,
  };
  const all = role === 'node' || role === 'cluster' ? grows[role] : 0;
  return { request: roundUp(own + all / replicas, 64), limit: roundUp((own + all) * 1.2, 64) };
}

function pullerSize({ rows, processes }: Fleet): Size['puller'] {
  const { cpuSeconds, rows: perPoll } = measured.puller;
  const polled = rows * processes;
  return {
    cores: ((cpuSeconds / perPoll) * polled) / plan.intervalSeconds,
    spoolMegabytes: (queueSize * polled * measured.bytesPerRow.raw) / megabyte,
  };
}

/** The default of `queue-size`. */
export const queueSize = 360;
const hour = 3_600;
const copies = 3;

/** What is kept of raw records for 6 hours, of frames and records for 24; three copies of each. Frames of clusters are few beside those of nodes. */
function kafkaSize({ nodes, rows, processes }: Fleet): Size['kafka'] {
  const merged = (nodes * rows) / plan.intervalSeconds;
  const { raw, frame, record } = measured.bytesPerRow;
  const perSecond = { raw: merged * processes * raw, frames: merged * frame, records: merged * record };
  const kept = perSecond.raw * 6 * hour + (perSecond.frames + perSecond.records) * 24 * hour;
  return {
    megabytesPerSecond: (perSecond.raw + perSecond.frames + perSecond.records) / megabyte,
    gigabytes: (kept * copies) / 1e9,
  };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
