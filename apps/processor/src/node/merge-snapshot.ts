import { RecordFormatError, unfoldChunk } from '@haproxystats/messaging';
import type { ProcessText } from '@haproxystats/metrics';
import { mergeNode, type MergedSnapshot, type Merging, type UnreadableProcess } from './merge-node';
import type { Snapshot } from './snapshot';

/** Merges the processes that have arrived, in the order of their names; what of one cannot be read costs only itself. */
export function mergeSnapshot(snapshot: Snapshot, merging: Merging): MergedSnapshot {
  const { cluster, node, slot, intervalMs, expected } = snapshot;
  const failureOf = snapshot.failureOf.bind(snapshot);
  return mergeNode({ cluster, node, slot, intervalMs, expected, failureOf, ...textsOf(snapshot) }, merging);
}

function textsOf(snapshot: Snapshot): { texts: ProcessText[]; damaged: UnreadableProcess[] } {
  const texts: ProcessText[] = [];
  const damaged: UnreadableProcess[] = [];
  for (const process of snapshot.arrived.toSorted()) {
    try {
      texts.push(textOf(snapshot, process));
    } catch (error) {
      if (!(error instanceof RecordFormatError)) throw error;
      damaged.push({ process, error });
    }
  }
  return { texts, damaged };
}

function textOf(snapshot: Snapshot, process: string): ProcessText {
  const texts = snapshot.chunksOf(process).map((value, part) => unfoldChunk({ process, part, value }));
  return { process, info: texts[0]!.info, stats: texts.map(({ stat }) => stat), tags: snapshot.tags };
}
