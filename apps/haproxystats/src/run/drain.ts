import { untilAborted, type Clock } from '@haproxystats/runtime';
import type { Embedded } from './embedded';

/** After the last poll what was polled has this long to be delivered, beside the grace of a snapshot. */
const drainMs = 30_000;
/** After a stop signal it has this long. */
const stopDrainMs = 5_000;
/** In intervals: how long a snapshot that misses something is kept open. */
const graceIntervals = 1.5;
/** A wait that is longer is told. */
const silentMs = 1_000;
const shownSlots = 10;
const forEver = new Promise<never>(() => undefined);

export interface DrainOptions {
  readonly clock: Clock;
  /** Between two polls. */
  readonly intervalMs: number;
  readonly stop: AbortSignal;
  /** So many polls are waited for, up to so long. */
  readonly onWait: (polls: number, atMostMs: number) => void;
}

/**
 * Waits until every poll is delivered, but not for ever. Answers what to end with where some are not; nothing after a stop signal,
 * because who stops a run takes what is there. Rejects when the pipeline fails.
 */
export async function drain(
  { tracker, failure, drained }: Pick<Embedded, 'tracker' | 'failure' | 'drained'>,
  { clock, intervalMs, stop, onWait }: DrainOptions,
): Promise<Error | undefined> {
  const over = new AbortController();
  const limit = new AbortController();
  const waitAtMost = async (ms: number): Promise<void> => {
    await clock.sleep(silentMs, over.signal);
    if (!over.signal.aborted && !limit.signal.aborted) onWait(tracker.open.length, ms - silentMs);
    await clock.sleep(ms - silentMs, over.signal);
  };
  const afterLastPoll = stop.aborted ? forEver : waitAtMost(drainMs + graceIntervals * intervalMs);
  const afterStop = untilAborted(stop).then(() => waitAtMost(stopDrainMs));
  void Promise.race([afterLastPoll, afterStop]).then(() => limit.abort());
  try {
    await Promise.race([failure, drained(limit.signal)]);
  } finally {
    over.abort();
  }
  return stop.aborted || tracker.open.length === 0 ? undefined : undelivered(tracker.open);
}

function undelivered(slots: readonly number[]): Error {
  const names = slots.slice(0, shownSlots).map((slot) => new Date(slot).toISOString());
  const more = slots.length > shownSlots ? ` and ${slots.length - shownSlots} more` : '';
  return new Error(
    `${slots.length} of the polls were not delivered in time: does the relay take metrics? Slots ${names.join(', ')}${more}`,
  );
}
