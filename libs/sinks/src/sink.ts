import type { FramePart } from '@haproxystats/messaging';

export interface Delivery {
  /** For each part: how many metrics (lines, values) of it reached the receiver; of a whole frame all stand at its first part. */
  readonly metrics: readonly number[];
  /** Why, for each part that cannot be made into what the receiver understands. None of it will come, or not all. */
  readonly unfit: ReadonlyMap<number, UnfitFrameError>;
}

/** A fault of ours, or of a frame that should never have been written: no further try can help. */
export class UnfitFrameError extends Error {
  override readonly name = 'UnfitFrameError';
}

/**
 * The plug-in point. A sink finishes frames into what its receiver understands, and delivers.
 * Positions, batching, and what to do with an older frame after a newer one are the frame feed's business (frame-feed.ts).
 */
export interface Sink {
  /** In logs, metrics and the consumer group's name. */
  readonly name: string;
  /** It wants all parts of a frame in one call, one behind the other in their order: the feed puts them together, and passes over the rest. */
  readonly wholeFrames?: true;
  /**
   * Resolves when the receiver has all of it, as far as its protocol can tell; what that means stands in the sink's README.
   * Retries for ever, with a back-off; rejects only when the signal aborts, with its reason, and leaves nothing open then. May deliver
   * again what an earlier, failed try delivered.
   */
  deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery>;
  close(): Promise<void>;
}

/** Delivers parts one after the other, by a function that answers how many metrics a part was. An UnfitFrameError costs only its part. */
export async function deliverEach(
  parts: readonly FramePart[],
  deliver: (part: FramePart) => Promise<number>,
): Promise<Delivery> {
  const metrics: number[] = [];
  const unfit = new Map<number, UnfitFrameError>();
  for (const [index, part] of parts.entries()) {
    try {
      metrics[index] = await deliver(part);
    } catch (error) {
      if (!(error instanceof UnfitFrameError)) throw error;
      metrics[index] = 0;
      unfit.set(index, error);
    }
  }
  return { metrics, unfit };
}

/** Passes on what is made of a frame. What goes wrong in its making, not in its use, becomes an UnfitFrameError. */
export function* madeOf<T>({ frame: { head } }: FramePart, made: Iterable<T>): Generator<T> {
  try {
    yield* made;
  } catch (cause) {
    throw new UnfitFrameError(
      `the frame of ${head.node || `cluster ${head.cluster}`}, slot ${head.slot}, cannot be made into metrics`,
      {
        cause,
      },
    );
  }
}
