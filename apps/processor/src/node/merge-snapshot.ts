import { RecordFormatError, unfoldChunk } from '@haproxystats/messaging';
import type { ProcessText } from '@haproxystats/metrics';
import { mergeNode, type MergedSnapshot, type Merging, type NodeAnswers } from './merge-node';
import type { Snapshot } from './snapshot';

/** What the texts of a node may take together, as the puller has it for a poll. */
const maxTextBytes = 512 * 1024 * 1024;

/** Merges the processes that have arrived, in the order of their names; what of one cannot be read costs only itself. */
export function mergeSnapshot(
  snapshot: Snapshot,
  merging: Merging,
  { history, maxBytes = maxTextBytes }: SnapshotOptions = {},
): MergedSnapshot {
  const { cluster, node, slot, intervalMs, expected, arrived } = snapshot;
  const answers = { cluster, node, slot, intervalMs, expected, history, answered: arrived.toSorted() };
  const isLate = snapshot.wasEmitted || snapshot.isPutBack;
  const failureOf = snapshot.failureOf.bind(snapshot);
  return mergeNode({ ...answers, isLate, failureOf, textOf: unfolding(snapshot, maxBytes) }, merging);
}

export interface SnapshotOptions extends Pick<NodeAnswers, 'history'> {
  readonly maxBytes?: number | undefined;
}

/** Unfolds one process at a time; throws RecordFormatError for those for which there is no room. */
function unfolding(snapshot: Snapshot, maxBytes: number): (process: string) => ProcessText {
  let room = maxBytes;
  return (process) => {
    const texts = snapshot.chunksOf(process).map((value, part) => {
      const text = unfoldChunk({ process, part, value });
      room -= text.info.length + text.stat.length;
      if (room < 0) throw tooLarge(process, maxBytes);
      return text;
    });
    const { slot, intervalMs, tags } = snapshot;
    const askedAt = snapshot.askedAt(process);
    return {
      process,
      info: texts[0]!.info,
      stats: texts.map(({ stat }) => stat),
      tags,
      asked: askedAt === undefined ? undefined : { slot, intervalMs, askedAt },
    };
  };
}

function tooLarge(process: string, maxBytes: number): RecordFormatError {
  return new RecordFormatError(
    `process '${process}': with it the statistics of the node take more than the ${maxBytes} bytes that are read of one poll`,
  );
}
