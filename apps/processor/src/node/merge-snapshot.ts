import { StatFormatError } from '@haproxystats/haproxy';
import { RecordFormatError, unfoldChunk } from '@haproxystats/messaging';
import {
  ProcessMerger,
  type Frame,
  type MissingProcess,
  type ProcessText,
  type Scanners,
} from '@haproxystats/metrics';
import type { Snapshot } from './snapshot';

export interface UnreadableProcess {
  readonly process: string;
  readonly error: Error;
}

export interface MergedSnapshot {
  readonly frame: Frame;
  /** The processes whose numbers are in the frame. */
  readonly members: readonly string[];
  readonly unreadable: readonly UnreadableProcess[];
  /** Rows that could not be used. */
  readonly badRows: number;
}

/** Merges the processes that have arrived, in the order of their names; one that cannot be read costs only itself. */
export function mergeSnapshot(snapshot: Snapshot, scanners: Scanners = []): MergedSnapshot {
  const merger = new ProcessMerger(scanners);
  const members: string[] = [];
  const unreadable: UnreadableProcess[] = [];
  for (const process of snapshot.arrived.toSorted()) {
    try {
      merger.add(textOf(snapshot, process));
      members.push(process);
    } catch (error) {
      if (!(error instanceof StatFormatError || error instanceof RecordFormatError)) throw error;
      unreadable.push({ process, error });
    }
  }
  const frame: Frame = { head: headOf(snapshot, members), tables: merger.tables() };
  return { frame, members, unreadable, badRows: merger.badRows };
}

function headOf(snapshot: Snapshot, members: readonly string[]): Frame['head'] {
  const { cluster, node, slot, intervalMs, expected } = snapshot;
  return {
    scope: 'node',
    cluster,
    node,
    slot,
    intervalMs,
    coverage: { covered: members.length, expected: expected.length },
    missing: expected
      .filter((process) => !members.includes(process))
      .map((process) => missingProcess(snapshot, process)),
  };
}

function missingProcess(snapshot: Snapshot, process: string): MissingProcess {
  if (snapshot.hasArrived(process)) return { process, reason: 'unreadable' };
  return { process, reason: snapshot.failureOf(process) ?? 'lost' };
}

function textOf(snapshot: Snapshot, process: string): ProcessText {
  const texts = snapshot.chunksOf(process).map((value, part) => unfoldChunk({ process, part, value }));
  return { info: texts[0]!.info, stats: texts.map(({ stat }) => stat) };
}
