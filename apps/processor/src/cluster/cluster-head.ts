import type { FrameHead, MissingProcess, NodesCoverage } from '@haproxystats/metrics';
import type { OpenSlot } from './cluster-state';
import type { NodeFrame } from './node-frame';

/** Of processes that are named as missing: so many as a frame may name, and so much of each. */
const maxMissing = 1_024;
const maxNameLength = 1_024;
/** What a node is taken for that has never been heard of: there is at least one process. */
const leastProcesses = 1;

const noTimings = { info: 0, parse: 0, frontend: 0, backend: 0, server: 0 };

/** The frames of a slot that may be added up: of nodes with the interval, and with the semantics, of most. In the order of the nodes' names. */
export function usableFrames({ cluster, slot }: OpenSlot): NodeFrame[] {
  const intervalMs = cluster.membership.intervalMs ?? slot.intervalMs;
  const frames = slot.frames.filter(({ head }) => head.intervalMs === intervalMs);
  const exact = frames.filter(({ head }) => head.semantics === 'exact');
  return 2 * exact.length >= frames.length ? exact : frames.filter((frame) => !exact.includes(frame));
}

/** What a frame of a cluster says of itself: whose numbers are in it, and whose are not. At least one node's are. */
export function clusterHead(open: OpenSlot, frames: readonly NodeFrame[], now: number): FrameHead {
  const { cluster, slot } = open;
  const nodes = nodesOf(open, frames, now);
  const coverages = frames.map(({ head }) => head.coverage);
  const away = [...nodes.missing, ...nodes.keptOut.map(({ node }) => node)];
  const here = new Set(frames.map(({ head }) => head.node));
  const others = away.filter((node) => !here.has(node));
  return {
    scope: 'cluster',
    cluster: cluster.name,
    node: '',
    slot: slot.slot,
    intervalMs: frames[0]?.head.intervalMs ?? slot.intervalMs,
    ...(cluster.shard && { shard: cluster.shard }),
    coverage: {
      covered: sumOf(coverages.map(({ covered }) => covered)),
      expected:
        sumOf(coverages.map(({ expected }) => expected)) +
        sumOf(others.map((node) => cluster.membership.get(node)?.expected ?? leastProcesses)),
    },
    missing: missingProcesses(frames),
    nodes,
    ...(slot.wasEmitted && { late: true }),
    semantics: frames[0]?.head.semantics ?? 'exact',
    timings: noTimings,
  };
}

function nodesOf({ cluster, slot }: OpenSlot, frames: readonly NodeFrame[], now: number): NodesCoverage {
  const { membership } = cluster;
  const seen = frames.filter(({ head }) => head.coverage.covered > 0).map(({ head }) => head.node);
  const isSeen = new Set(seen);
  const clusterMs = frames[0]?.head.intervalMs ?? slot.intervalMs;
  const keptOut = membership.live(now).flatMap((member) => {
    const reason = membership.faultOf(member, clusterMs);
    return reason && !isSeen.has(member.node) ? { node: member.node, reason } : [];
  });
  const isKeptOut = new Set(keptOut.map(({ node }) => node));
  const expected = new Set([...slot.expected, ...slot.frames.map(({ head }) => head.node)]);
  const missing = [...expected].filter((node) => !isSeen.has(node) && !isKeptOut.has(node));
  return {
    seen: seen.length,
    expected: seen.length + missing.length + keptOut.length,
    missing: missing.sort(),
    keptOut: keptOut.sort((a, b) => (a.node < b.node ? -1 : 1)),
  };
}

/** Of the nodes that are there. */
function missingProcesses(frames: readonly NodeFrame[]): MissingProcess[] {
  const missing: MissingProcess[] = [];
  for (const { head } of frames) {
    for (const { process, reason } of head.missing) {
      if (missing.length === maxMissing) return missing;
      missing.push({ process: `${head.node} ${process}`.slice(0, maxNameLength), reason });
    }
  }
  return missing;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
