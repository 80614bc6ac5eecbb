import type { GroupLag } from '@haproxystats/messaging';
import type { Coverage, FrameHead, MissingProcess, NodesCoverage, ProcessLife } from '@haproxystats/metrics';
import { driftOfAll, type Drift } from './drift';
import type { FleetView, Newest } from './fleet-view';

/**
 * HOW IT IS WITH A NODE OR A CLUSTER: the first of these that is true.
 *
 * - `silent`: nothing new came for 3.5 intervals
 * - `missing`: only the cluster's frame, or its inventory, tells of the node
 * - `clock`, `interval`: the node's numbers are kept out of those of its cluster, because of its clock or its interval
 * - `partial`: processes or nodes are missing
 * - `complete`
 */
export type FleetState = 'silent' | 'missing' | 'clock' | 'interval' | 'partial' | 'complete';

export interface VersionCount {
  readonly version: string;
  readonly processes: number;
}

interface LastFrame {
  readonly coverage: Coverage;
  /** Start of the slot, ms since the epoch. */
  readonly slot: number;
  /** From there to now, by the clock of this program. */
  readonly ageMs: number;
  /** From there until the log took the frame, by the clock of the broker: polling, waiting, merging; and a clock that is off. */
  readonly delayMs: number;
}

export interface NodeReport extends Partial<LastFrame> {
  readonly node: string;
  readonly state: FleetState;
  readonly intervalMs?: number;
  readonly versions: readonly VersionCount[];
  readonly processes: readonly ProcessLife[];
  readonly missing: readonly MissingProcess[];
}

export interface ClusterReport extends LastFrame {
  readonly cluster: string;
  readonly state: FleetState;
  readonly nodesSeen: number;
  readonly nodesExpected: number;
  readonly versions: readonly VersionCount[];
  /** undefined: no frame of the cluster says anything of it. */
  readonly drift?: Drift;
  readonly nodes: readonly NodeReport[];
}

export interface FleetReport {
  /** ms since the epoch. */
  readonly at: number;
  readonly isComplete: boolean;
  readonly clusters: readonly ClusterReport[];
  readonly groups: readonly GroupLag[];
}

export interface ReportOptions {
  /** ms since the epoch. */
  readonly now: number;
  /** undefined: all. */
  readonly cluster: string | undefined;
  readonly groups: readonly GroupLag[];
}

/** In intervals: how long a puller may say nothing. */
const leaseIntervals = 3.5;

export function fleetReport(view: FleetView, { now, cluster, groups }: ReportOptions): FleetReport {
  const frames = [...view.all].filter(({ head }) => cluster === undefined || head.cluster === cluster);
  const names = [...new Set(frames.map(({ head }) => head.cluster))].sort();
  const clusters = names.map((name) =>
    clusterReport(
      frames.filter(({ head }) => head.cluster === name),
      now,
    ),
  );
  const isComplete = clusters.length > 0 && clusters.every(({ state }) => state === 'complete');
  return { at: now, isComplete, clusters, groups };
}

function clusterReport(frames: readonly Newest[], now: number): ClusterReport {
  const own = frames.find(({ head }) => head.scope === 'cluster');
  const ofNodes = frames.filter(({ head }) => head.scope === 'node');
  const told = own?.head.nodes;
  const nodes = [
    ...ofNodes.map((frame) => nodeReport(frame, { now, told })),
    ...silentNodes(told, new Set(ofNodes.map(({ head }) => head.node))),
  ].sort((a, b) => (a.node < b.node ? -1 : 1));
  const facts = own ? toldFacts(own, now) : addedFacts(ofNodes, nodes, now);
  const versions = versionsOf(nodes.flatMap(({ processes }) => processes));
  const isWhole = facts.state === 'complete' && nodes.every(({ state }) => state === 'complete');
  const state = facts.state === 'complete' && !isWhole ? 'partial' : facts.state;
  const { cluster } = frames[0]!.head;
  const drift = own && driftOfAll(own.drifts.values());
  return { cluster, ...facts, state, versions, ...(drift && { drift }), nodes };
}

type ClusterFacts = LastFrame & Pick<ClusterReport, 'state' | 'nodesSeen' | 'nodesExpected'>;

/** As the cluster's own frame says. */
function toldFacts(own: Newest, now: number): ClusterFacts {
  const { nodes: { seen, expected } = { seen: 0, expected: 0 }, coverage } = own.head;
  const isWhole = isCovered(coverage) && seen >= expected;
  return {
    ...lastFrame(own, now),
    state: isSilent(own.head, now) ? 'silent' : isWhole ? 'complete' : 'partial',
    nodesSeen: seen,
    nodesExpected: expected,
  };
}

/** Where nobody runs the role cluster: those of its nodes together. */
function addedFacts(frames: readonly Newest[], nodes: readonly NodeReport[], now: number): ClusterFacts {
  const alive = nodes.filter(({ state }) => state !== 'silent');
  const newest = frames.reduce((one, other) => (other.head.slot > one.head.slot ? other : one));
  const covered = alive.reduce((sum, { coverage }) => sum + (coverage?.covered ?? 0), 0);
  const expected = nodes.reduce((sum, { coverage }) => sum + (coverage?.expected ?? 0), 0);
  return {
    ...lastFrame(newest, now),
    coverage: { covered, expected },
    state: alive.length === 0 ? 'silent' : covered < expected ? 'partial' : 'complete',
    nodesSeen: alive.length,
    nodesExpected: nodes.length,
  };
}

function nodeReport(
  frame: Newest,
  { now, told }: { readonly now: number; readonly told: NodesCoverage | undefined },
): NodeReport {
  const { node, intervalMs, processes = [], missing } = frame.head;
  const keptOut = told?.keptOut.find((each) => each.node === node)?.reason;
  const whole: FleetState = isCovered(frame.head.coverage) ? 'complete' : 'partial';
  return {
    node,
    ...lastFrame(frame, now),
    intervalMs,
    state: isSilent(frame.head, now) ? 'silent' : (keptOut ?? whole),
    versions: versionsOf(processes),
    processes,
    missing,
  };
}

function silentNodes(told: NodesCoverage | undefined, known: ReadonlySet<string>): NodeReport[] {
  const none = { versions: [], processes: [], missing: [] };
  return [
    ...(told?.missing ?? []).map((node): NodeReport => ({ node, state: 'missing', ...none })),
    ...(told?.keptOut ?? []).map(({ node, reason }): NodeReport => ({ node, state: reason, ...none })),
  ].filter(({ node }) => !known.has(node));
}

function lastFrame({ head, appendedAt }: Newest, now: number): LastFrame {
  const { coverage, slot } = head;
  return { coverage, slot, ageMs: now - slot, delayMs: appendedAt - slot };
}

function isSilent({ slot, intervalMs }: FrameHead, now: number): boolean {
  return now - slot > leaseIntervals * intervalMs;
}

function isCovered({ covered, expected }: Coverage): boolean {
  return covered >= expected;
}

/** The most frequent first. */
function versionsOf(processes: readonly ProcessLife[]): VersionCount[] {
  return [...Map.groupBy(processes, ({ version }) => version)]
    .map(([version, of]) => ({ version, processes: of.length }))
    .sort((a, b) => b.processes - a.processes || (a.version < b.version ? -1 : 1));
}
