import { readFramePart, RecordFormatError, type FramePart, type LogEntry } from '@haproxystats/messaging';
import type { ClusterMerger, MergedNodes } from '@haproxystats/metrics';
import type { NodeFrame } from './node-frame';

/** A frame of which the head could be read, and not all that is behind it. */
export interface UnreadableFrame {
  readonly frame: NodeFrame;
  /** The part that is to blame. */
  readonly entry: LogEntry;
  readonly error: RecordFormatError;
}

/** The frames of a slot that are merged already. */
export class SlotMerge {
  readonly #merged = new Set<NodeFrame>();

  constructor(readonly merger: ClusterMerger) {}

  has(frame: NodeFrame): boolean {
    return this.#merged.has(frame);
  }

  /** Whether nothing else is in it: a node that came to more processes is another frame. */
  isWithin(frames: readonly NodeFrame[]): boolean {
    const all = new Set(frames);
    for (const frame of this.#merged) if (!all.has(frame)) return false;
    return true;
  }

  /** Answers why, where it cannot be read: then nothing of it is added. */
  add(frame: NodeFrame): UnreadableFrame | undefined {
    const parts: FramePart[] = [];
    for (const entry of frame.entries) {
      try {
        parts.push(readFramePart(entry));
      } catch (error) {
        if (!(error instanceof RecordFormatError)) throw error;
        return { frame, entry, error };
      }
    }
    for (const { frame: part, part: number } of parts) this.merger.add(part, number);
    this.#merged.add(frame);
    return undefined;
  }

  take(): MergedNodes {
    this.#merged.clear();
    return this.merger.take();
  }

  restart(): void {
    if (this.#merged.size > 0) this.take();
  }
}
