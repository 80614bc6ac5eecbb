import type { LogHandler, PartitionSession, Position } from '@haproxystats/messaging';
import type { Clock } from '@haproxystats/runtime';
import { CommitQueue } from '../../libs/messaging/src/commit-queue';
import { SessionClock } from '../../libs/messaging/src/session-clock';
import type { Partition, Stored } from './group';

/** The processor as its sessions see it. */
export interface Owner {
  readonly role: LogHandler;
  /** Runs a call to the world: the processor may be held up, or die, before and after it. */
  within<T>(call: () => T | Promise<T>): Promise<T>;
}

/** How long the end of the log is believed, in ms; as the shipped readers do. */
const idleTrustMs = 3_000;

/** A partition in the hands of a processor, with the shipped clock and queue of commits, driven record by record. */
export class Session implements PartitionSession {
  readonly topic = 'raw';
  /** A call to the role is in hand. */
  isBusy = false;
  readonly #generation: number;
  /** When it began. */
  readonly #committed: Position;
  readonly #clock: SessionClock;
  readonly #commits: CommitQueue;
  readonly #abort = new AbortController();
  readonly #first: number;
  #next: number;
  #isClosing = false;
  #isClosed = false;
  #isGivenUp = false;
  #seenEnd: number;

  constructor(
    private readonly owner: Owner,
    private readonly log: Partition,
    clock: Clock,
  ) {
    this.#generation = log.generation;
    this.#committed = log.committed;
    this.#clock = new SessionClock(clock, idleTrustMs);
    this.#commits = new CommitQueue(this.#committed, (position) => this.#store(position));
    this.#first = this.#next = log.indexOf(this.#committed.base);
    this.#seenEnd = log.records.length;
  }

  get partition(): number {
    return this.log.number;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get idle(): boolean {
    return this.#next >= this.#seenEnd;
  }

  /** It was told to stop. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** It was told to stop, and has nothing in hand any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Nobody else owns the partition. */
  get isOwner(): boolean {
    return !this.#isGivenUp && this.log.generation === this.#generation;
  }

  /** What the role was given, in its order. */
  get read(): readonly Stored[] {
    return this.log.records.slice(this.#first, this.#next);
  }

  /** Just behind it. */
  get next(): number {
    return this.log.records[this.#next]?.entry.offset ?? this.log.end;
  }

  /** What is stored of the partition. */
  get committed(): Position {
    return this.log.committed;
  }

  /** Everything is read. */
  get isCaughtUp(): boolean {
    return this.#next >= this.log.records.length;
  }

  /** Everything is read and committed. */
  get isThrough(): boolean {
    return this.isCaughtUp && this.log.committed.watermark === this.log.end;
  }

  now(): number {
    return this.#clock.now();
  }

  commit(position: Position): Promise<void> {
    return this.#commits.commit(position);
  }

  /** Nothing to wait for when it is closed. */
  inHand(): never {
    throw new Error('the node role leaves no work behind its calls');
  }

  /** Asks where the log ends. */
  look(): void {
    this.#seenEnd = this.log.records.length;
    this.#setClock();
  }

  async record(): Promise<void> {
    const { entry } = this.log.records[this.#next++]!;
    this.#clock.advance(entry.appendedAt);
    this.#setClock();
    this.#commits.reached(entry.next);
    const priming = entry.offset < this.#committed.watermark;
    await this.owner.role.record({ ...entry, priming }, this);
  }

  async tick(): Promise<void> {
    await this.owner.role.tick(this);
  }

  /** It is still its own, and no call is in hand: ticks once more, so that what is done with is committed; as the shipped readers do. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (!this.signal.aborted) await this.tick();
    await this.#commits.settled();
    this.end();
    this.#isClosed = true;
  }

  /** Somebody waits for the end of the call in hand no longer. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#abort.abort();
  }

  /** The processor learns that the partition is no longer its own. */
  end(): void {
    this.#abort.abort();
    this.#commits.seal();
  }

  /** A commit of an older generation is refused; the role is not told, for the next owner replays. */
  #store(position: Position): Promise<void> {
    return this.owner.within(() => void this.log.commit(this.#generation, position));
  }

  #setClock(): void {
    if (this.idle) this.#clock.run();
    else this.#clock.stop();
  }
}
