import { LastTold, type Clock, type Logger } from '@haproxystats/runtime';
import type { LogRecord, LogWriter } from '../log';
import type { DeadLetter, DeadLetterReason, Fate } from './dead-letter';
import { deadLetterRecord } from './dead-letter-record';
import { defaultRate, LetterRate, type RateBounds } from './letter-rate';
import { senderOf } from './sender';

/** What is counted. */
export interface DeadLetterEvents {
  kept(reason: DeadLetterReason): void;
  suppressed(): void;
  failed(): void;
  /** One had no room for all of its original. */
  cut(): void;
}

export interface DeadLettersOptions {
  readonly log: LogWriter;
  readonly topic: string;
  /** The consumer group that cannot read them. */
  readonly reader: string;
  readonly rate?: RateBounds;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events?: DeadLetterEvents;
}

/** How long the queue may take for a letter: while it works, and when it did not take the last one. */
const patienceMs = { working: 10_000, failing: 2_000 };
/** After a letter that was not taken. */
const pauseMs = 60_000;
const tellAgainMs = 600_000;

/** Puts records that cannot be read into the dead letter queue, at a bounded rate, and never stands in the way of those that can. */
export class DeadLetters {
  readonly #rate: LetterRate;
  /** When it was told last whose letters are suppressed. */
  readonly #suppressed = new LastTold();
  #failing = false;
  /** Monotonic ms: until then the queue is not asked. */
  #askAgainAt = 0;

  constructor(private readonly options: DeadLettersOptions) {
    this.#rate = new LetterRate(options.clock, options.rate ?? defaultRate);
  }

  /** Resolves when the queue has taken it, or will not: then it is counted and said, and its bytes are only where they were. Rejects when the signal aborts. */
  async bury(letter: DeadLetter, signal: AbortSignal): Promise<Fate> {
    const { reader, events } = this.options;
    if (!this.#hasRoom(letter)) {
      events?.suppressed();
      return 'suppressed';
    }
    const { record, cut } = deadLetterRecord(letter, reader);
    if (!(await this.#isTaken(record, letter, signal))) {
      events?.failed();
      return 'failed';
    }
    if (cut.length > 0) events?.cut();
    events?.kept(letter.reason);
    return 'kept';
  }

  async close(): Promise<void> {
    await this.options.log.close();
  }

  /** Those of whom nobody knows which node they are of share the room of one. */
  #hasRoom({ entry }: DeadLetter): boolean {
    const { node = 'unknown' } = senderOf(entry.headers);
    const taken = this.#rate.take(node);
    if (taken === 'taken') return true;
    this.#tellSuppressed(taken === 'all' ? 'all' : `node ${node}`);
    return false;
  }

  /** Once, and again while it lasts. */
  #tellSuppressed(whose: string): void {
    const { clock, logger, rate = defaultRate } = this.options;
    if (!this.#suppressed.isNews(whose, `since ${Math.floor(clock.monotonic() / tellAgainMs)}`)) return;
    logger.warn(
      `${whose}: more records cannot be read than are kept (${rate.perNode} a minute of a node, ${rate.overall} in all); the rest is counted, and neither kept nor named`,
    );
  }

  async #isTaken(record: LogRecord, letter: DeadLetter, signal: AbortSignal): Promise<boolean> {
    const { log, topic, clock } = this.options;
    if (clock.monotonic() < this.#askAgainAt) return false;
    const ms = this.#failing ? patienceMs.failing : patienceMs.working;
    const limit = new AbortController();
    const done = new AbortController();
    void clock
      .sleep(ms, done.signal)
      .then(() => limit.abort(new Error(`${topic} did not take it within ${ms / 1000} s`)));
    try {
      await log.append(topic, [record], AbortSignal.any([signal, limit.signal]));
      this.#tellTaken();
      return true;
    } catch (err) {
      signal.throwIfAborted();
      this.#tellRefused(letter, limit.signal.aborted ? limit.signal.reason : err);
      return false;
    } finally {
      done.abort();
    }
  }

  #tellTaken(): void {
    const { topic, logger } = this.options;
    if (this.#failing) logger.info({ topic }, `${topic} takes records again`);
    this.#failing = false;
  }

  #tellRefused({ entry }: DeadLetter, err: unknown): void {
    const { topic: queue, clock, logger } = this.options;
    const { topic, partition, offset } = entry;
    this.#failing = true;
    this.#askAgainAt = clock.monotonic() + pauseMs;
    logger.error(
      { err, queue, topic, partition, offset },
      `a record that cannot be read is not kept in ${queue}: ${messageOf(err)}. It stays where it is until its log deletes it; for ${pauseMs / 1000} s others are only counted`,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
