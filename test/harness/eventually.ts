import { setTimeout as sleep } from 'node:timers/promises';
import { OwnTime } from '../support/own-time';

export interface EventuallyOptions {
  /** How long to go on, in ms of our own time (20 s unless told otherwise). */
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/** Tells what a test that waits in vain should show beside its last error; '' for nothing. */
type Witness = () => string;
const witnesses = new Set<Witness>();

/** From now on each error of a wait that ended in vain ends with what `witness` tells. */
export function bearWitness(witness: Witness): void {
  witnesses.add(witness);
}

/** Repeats `check` until it stops throwing, and returns what it returned; rejects with its last error when time is up. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const time = new OwnTime();
  try {
    return await repeated(check, time, options);
  } finally {
    time.stop();
  }
}

/** Resolves once it holds; looked at each 5 ms unless told otherwise. */
export function until(
  holds: () => boolean | Promise<boolean>,
  options: EventuallyOptions = {},
): Promise<void> {
  const check = async (): Promise<void> => {
    if (!(await holds())) throw new Error(holds.toString());
  };
  return eventually(check, { everyMs: 5, ...options });
}

async function repeated<T>(
  check: () => T | Promise<T>,
  time: OwnTime,
  { withinMs = 20_000, everyMs = 100 }: EventuallyOptions,
): Promise<T> {
  for (;;) {
    const isLast = time.now() >= withinMs;
    try {
      return await check();
    } catch (error) {
      if (isLast) throw timedOut(withinMs, error);
    }
    await sleep(everyMs);
  }
}

function timedOut(withinMs: number, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const told = [...witnesses].map((witness) => witness()).filter((text) => text !== '');
  return new Error([`not so within ${withinMs} ms: ${reason}`, ...told].join('\n'), { cause });
}
