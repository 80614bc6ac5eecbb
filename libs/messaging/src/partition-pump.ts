import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Clock, Logger } from '@haproxystats/runtime';
import { CommitQueue } from './commit-queue';
import { Doorbell } from './doorbell';
import type { LogEntry, LogHandler, PartitionSession, Position } from './log';
import { within } from './kafka/within';
import { SessionClock } from './session-clock';

/** A level of the queue: reached as soon as either is. The record in the handler's hands counts until it is done with. */
export interface WaterMark {
  readonly entries: number;
  readonly bytes: number;
}

export interface PartitionPumpOptions {
  readonly topic: string;
  readonly partition: number;
  /** What the group had committed when the session began. */
  readonly committed: Position;
  /** Stores a position; called for one at a time, never for one that moves back. */
  readonly commit: (position: Position) => Promise<void>;
  readonly handler: LogHandler;
  readonly tickMs: number;
  readonly highWater: WaterMark;
  readonly lowWater: WaterMark;
  /** The queue reached the high water mark: offer no more until `onLow`. What one fetch brings may still be offered. */
  readonly onHigh: () => void;
  /** The queue sank to the low water mark. */
  readonly onLow: () => void;
  /** The handler threw; the session has ended. */
  readonly onFailure: (error: unknown) => void;
  /** How long `caughtUp(true)` lets the session's clock run on without being said again; for ever unless given. */
  readonly idleTrustMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Work without a turn of the event loop for longer than this would starve heartbeats and timers. */
const maxTurnMs = 20;
/** How long a reader that closes waits for what is in hand. What takes longer is given up, and read again by whoever comes next. */
const finishMs = 5_000;

/** Drives one partition session: takes entries from a reader, hands them to a LogHandler one after the other, and ticks. */
export class PartitionPump {
  readonly session: PartitionSession;
  readonly #abort = new AbortController();
  readonly #clock: SessionClock;
  readonly #commits: CommitQueue;
  readonly #bell: Doorbell;
  readonly #running: Promise<void>;
  #queue: LogEntry[] = [];
  #held: WaterMark = { entries: 0, bytes: 0 };
  #aboveHighWater = false;
  /** Calls of the handler that have begun work which outlives them. */
  readonly #inHand = new Set<Promise<unknown>>();
  #finishing = false;
  #atEnd = false;
  #idleTickDue = false;
  #tickAt: number;
  #turnedAt: number;

  constructor(private readonly options: PartitionPumpOptions) {
    const { topic, partition, clock } = options;
    this.#clock = new SessionClock(clock, options.idleTrustMs ?? Infinity);
    this.#commits = new CommitQueue(options.committed, options.commit);
    this.#bell = new Doorbell(clock);
    this.#turnedAt = clock.monotonic();
    this.#tickAt = this.#turnedAt + options.tickMs;
    const idle = (): boolean => this.#idle;
    this.session = {
      topic,
      partition,
      signal: this.#abort.signal,
      get idle() {
        return idle();
      },
      now: () => this.#clock.now(),
      commit: (position) => this.#commits.commit(position),
      inHand: (work) => this.#keep(work),
    };
    this.#running = this.#run();
  }

  /** Takes entries that follow the ones before. More are taken to follow these until `caughtUp(true)`. */
  offer(entries: readonly LogEntry[]): void {
    if (this.#isOver) return;
    this.caughtUp(false);
    for (const entry of entries) {
      this.#queue.push(entry);
      this.#hold(1, bytesOf(entry));
    }
    if (!this.#aboveHighWater && reaches(this.#held, this.options.highWater)) {
      this.#aboveHighWater = true;
      this.options.onHigh();
    }
    this.#bell.ring();
  }

  /** `true`: the reader looked just now, and all that the log holds has been offered. `false`: it may hold more. */
  caughtUp(atEnd: boolean): void {
    this.#atEnd = atEnd;
    this.#setClock();
    if (atEnd) this.#bell.ring();
  }

  /**
   * Ends the session: drops what is queued, aborts its signal, resolves when the call in hand is over.
   * `revoked`: somebody else may own the partition, commits are dropped from now on.
   * `closed`: it is still ours. What is in hand is finished first, then ticked once more, so that what is done with is committed.
   */
  async end(why: 'revoked' | 'closed'): Promise<void> {
    if (why === 'revoked') this.#commits.seal();
    else await this.#finish();
    this.#stop();
    await this.#running;
    await this.#commits.settled();
    this.#commits.seal();
  }

  /** Takes and hands over nothing more. */
  get #isOver(): boolean {
    return this.#finishing || this.session.signal.aborted;
  }

  async #finish(): Promise<void> {
    this.#finishing = true;
    this.#queue = [];
    this.#bell.ring();
    const finished = this.#running.then(() => Promise.allSettled(this.#inHand));
    await within(finished, finishMs, this.options.clock);
  }

  #keep(work: Promise<unknown>): void {
    this.#inHand.add(work);
    const done = (): void => void this.#inHand.delete(work);
    work.then(done, done);
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isOver) await this.#step();
      if (!this.session.signal.aborted) await this.options.handler.tick(this.session);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #step(): Promise<void> {
    const untilTick = this.#tickAt - this.options.clock.monotonic();
    if (untilTick <= 0) await this.#tick();
    else if (this.#queue.length > 0) await this.#handle(this.#queue.shift()!);
    else if (this.#idleTickDue && this.#idle) await this.#tick();
    else await this.#wait(untilTick);
    await this.#turn();
  }

  async #wait(ms: number): Promise<void> {
    await this.#bell.wait(ms);
    this.#turnedAt = this.options.clock.monotonic();
  }

  async #handle(entry: LogEntry): Promise<void> {
    this.#clock.advance(entry.appendedAt);
    this.#setClock();
    this.#commits.reached(entry.next);
    this.#idleTickDue = true;
    await this.options.handler.record(entry, this.session);
    this.#hold(-1, -bytesOf(entry));
    if (this.#aboveHighWater && !exceeds(this.#held, this.options.lowWater)) {
      this.#aboveHighWater = false;
      this.options.onLow();
    }
  }

  async #tick(): Promise<void> {
    if (this.#idle) this.#idleTickDue = false;
    await this.options.handler.tick(this.session);
    this.#tickAt = this.options.clock.monotonic() + this.options.tickMs;
  }

  async #turn(): Promise<void> {
    if (this.options.clock.monotonic() - this.#turnedAt < maxTurnMs) return;
    await turnOfEventLoop();
    this.#turnedAt = this.options.clock.monotonic();
  }

  /** Nothing waits, and the log holds nothing more. */
  get #idle(): boolean {
    return this.#atEnd && this.#queue.length === 0;
  }

  #setClock(): void {
    if (this.#idle) this.#clock.run();
    else this.#clock.stop();
  }

  #hold(entries: number, bytes: number): void {
    this.#held = { entries: this.#held.entries + entries, bytes: this.#held.bytes + bytes };
  }

  #stop(): void {
    this.#abort.abort();
    this.#queue = [];
    this.#bell.ring();
  }

  /** A handler may throw because its session ended under it: the next owner replays, nothing is lost. */
  #failed(error: unknown): void {
    const { signal, topic, partition } = this.session;
    if (signal.aborted) {
      const level = isAbort(error, signal) ? 'debug' : 'warn';
      this.options.logger[level](
        { err: error, topic, partition },
        'the handler gave up as its session ended',
      );
      return;
    }
    this.#commits.seal();
    this.#stop();
    this.options.onFailure(error);
  }
}

function reaches(held: WaterMark, mark: WaterMark): boolean {
  return held.entries >= mark.entries || held.bytes >= mark.bytes;
}

function exceeds(held: WaterMark, mark: WaterMark): boolean {
  return held.entries > mark.entries || held.bytes > mark.bytes;
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error as { name?: unknown } | null)?.name === 'AbortError';
}

function bytesOf({ key, headers, value }: LogEntry): number {
  let bytes = key.length + value.length;
  for (const name in headers) bytes += name.length + headers[name]!.length;
  return bytes;
}
