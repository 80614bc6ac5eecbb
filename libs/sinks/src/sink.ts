import type { FramePart } from '@haproxystats/messaging';

export interface Delivery {
  /** For each part: how many metrics (lines, values) of it reached the receiver. */
  readonly metrics: readonly number[];
}

/**
 * The plug-in point. A sink finishes frames into what its receiver understands, and delivers.
 * Positions, batching, and what to do with an older frame after a newer one are the frame feed's business (frame-feed.ts).
 */
export interface Sink {
  /** In logs, metrics and the consumer group's name. */
  readonly name: string;
  /**
   * Resolves when the receiver has all of it, as far as its protocol can tell; what that means stands in the sink's README.
   * Retries for ever, with a back-off; rejects only when the signal aborts. May deliver again what an earlier, failed try delivered.
   */
  deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery>;
  close(): Promise<void>;
}
