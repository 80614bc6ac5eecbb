import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Frame, MergedNodes } from '@haproxystats/metrics';
import type { Clock } from '@haproxystats/runtime';
import { clusterHead } from './cluster-head';
import type { OpenSlot } from './cluster-state';
import type { NodeFrame } from './node-frame';
import type { UnreadableFrame } from './slot-merge';

/** Work without a turn of the event loop for longer than this would starve heartbeats and timers, in ms. */
const maxTurnMs = 20;

export interface MergedCluster extends Pick<MergedNodes, 'inexact' | 'lost'> {
  readonly frame: Frame;
  /** The nodes whose numbers are in it. */
  readonly members: readonly string[];
  readonly unreadable: readonly UnreadableFrame[];
}

/** Merges the frames of nodes of a cluster; one that cannot be read costs only itself. What was merged early need not be merged again. */
export async function mergeCluster(
  open: OpenSlot,
  frames: readonly NodeFrame[],
  { now, clock }: { readonly now: number; readonly clock: Pick<Clock, 'monotonic'> },
): Promise<MergedCluster> {
  const merge = open.cluster.mergeOf(open.slot);
  if (!merge.isWithin(frames)) merge.restart();
  const unreadable: UnreadableFrame[] = [];
  let turnedAt = clock.monotonic();
  for (const frame of frames) {
    const fault = merge.has(frame) ? undefined : merge.add(frame);
    if (fault) unreadable.push(fault);
    if (clock.monotonic() - turnedAt < maxTurnMs) continue;
    await turnOfEventLoop();
    turnedAt = clock.monotonic();
  }
  const merged = frames.filter((frame) => merge.has(frame));
  const { tables, inexact, lost } = merge.take();
  open.cluster.endMerge(open.slot);
  const head = clusterHead(open, merged, now);
  return { frame: { head, tables }, members: membersOf(merged), unreadable, inexact, lost };
}

/** Merges a frame while others of its slot are still to come, so that little is left to do when the last is here. */
export function mergeEarly({ cluster, slot }: OpenSlot, frame: NodeFrame): void {
  const { intervalMs, semantics } = frame.head;
  const isOfMost = intervalMs === cluster.membership.intervalMs && semantics === slot.semantics;
  if (slot.wasEmitted || !isOfMost || !(slot.merge ?? cluster.mayMergeEarly)) return;
  // What cannot be read is told when the slot is emitted.
  cluster.mergeOf(slot).add(frame);
}

/** What the ledger is told: a node that comes to more processes is another member. */
export function membersOf(frames: readonly NodeFrame[]): string[] {
  return frames.map(({ head }) => `${head.node}#${head.coverage.covered}`);
}
