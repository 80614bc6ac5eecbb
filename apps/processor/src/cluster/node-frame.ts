import type { FramePart, LogEntry, WholeFrame } from '@haproxystats/messaging';
import type { FrameHead } from '@haproxystats/metrics';

/** A part of a node's frame of which only the head has been read. */
export interface StoredPart extends FramePart {
  readonly entry: LogEntry;
}

/** The frame of a node and slot as it lies in the log: still compressed, but for its head. */
export interface NodeFrame extends Pick<WholeFrame, 'offset' | 'appendedAt'> {
  readonly head: FrameHead;
  readonly entries: readonly LogEntry[];
  readonly bytes: number;
}

/** What a record takes in memory beside its value, and a head beside its names, roughly. */
const recordBytes = 1_024;
const nameBytes = 128;

export function nodeFrameOf({ parts, offset, appendedAt }: WholeFrame<StoredPart>): NodeFrame {
  const bytes = parts.reduce((sum, part) => sum + storedBytes(part), 0);
  return { head: parts[0]!.frame.head, entries: parts.map(({ entry }) => entry), offset, appendedAt, bytes };
}

/** What a part takes in memory. */
export function storedBytes({ entry, frame: { head } }: StoredPart): number {
  const names = head.missing.length + (head.processes?.length ?? 0);
  return entry.value.length + recordBytes + names * nameBytes;
}
