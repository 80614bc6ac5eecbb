import type { FramePart } from '@haproxystats/messaging';
import { Backoff, codeOf, makeDirectory, Turns, type Clock, type Logger } from '@haproxystats/runtime';
import type { GraphiteLines } from '../graphite';
import { deliverEach, madeOf, type Delivery, type Sink, UnfitFrameError } from '../sink';
import { StoredSlots, type Bounds } from './stored-slots';

export interface LocalStoreConfig {
  readonly directory: string;
  /** Older slots are removed, ms. */
  readonly retentionMs: number;
  /** All that is stored takes at most this; while a part of a frame is written, as much more as that takes. */
  readonly maxBytes: number;
}

export interface LocalStorePorts {
  /** Of its own: the lines of a part, as Graphite gets them. */
  readonly lines: Pick<GraphiteLines, 'of' | 'reuse'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onFailure?: () => void;
  /** Slots that were removed, and the bytes of those that are there. */
  readonly onChange?: (removed: number, bytes: number) => void;
}

const retry = { firstMs: 100, factor: 2, maxMs: 30_000 };

/** What an operator can do about the usual ones. */
const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free space, or lower max-size',
  EDQUOT: "the user's quota is used up: raise it, or lower max-size",
  EACCES: 'this user needs to read and write there',
  EPERM: 'this user needs to read and write there',
  EROFS: 'the file system is read-only: mount it for writing',
  ENOENT: 'nothing can be made there',
};

/** The first refusal is told, then each of so many further ones: about every five minutes. */
const tellEvery = 10;

/** How far ahead the clock of a node may be. */
const futureSeconds = 60;

/** How often to look for slots of other programs. */
const lookEveryMs = 60_000;

/** Errors against which it helps to remove what is old. */
const full: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/** Keeps the lines of each node and slot as a file, `<dir>/<timestamp>/<node>/stats`, for a while. */
export class LocalStoreSink implements Sink {
  readonly name = 'local-store';
  readonly #turns = new Turns();
  #lookedAt = -Infinity;

  private constructor(
    private readonly config: LocalStoreConfig,
    private readonly ports: LocalStorePorts,
    private readonly slots: StoredSlots,
  ) {}

  /** Makes the directory where it is missing, and removes what is too much. Rejects where the directory cannot be used. */
  static async open(config: LocalStoreConfig, ports: LocalStorePorts): Promise<LocalStoreSink> {
    const slots = new StoredSlots(config.directory, (slot, err) => {
      ports.onFailure?.();
      ports.logger.error(
        { err, slot },
        `local-store: ${config.directory}/${slot} cannot be removed and is left there: ${adviceOn(err)}. Remove it yourself`,
      );
    });
    const sink = new LocalStoreSink(config, ports, slots);
    try {
      await makeDirectory(config.directory);
      await sink.#keepBounds();
    } catch (error) {
      throw new Error(
        `'dir' of [local-store] cannot be used, ${config.directory}: ${adviceOn(error)} (${String(error)})`,
        { cause: error },
      );
    }
    return sink;
  }

  /** Resolves when the files are closed and in their place; they are not synced to the disk. */
  async deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    return deliverEach(parts, (part) => this.#turns.take(signal, () => this.#store(part, signal)));
  }

  /** Resolves when nothing is being written. */
  close(): Promise<void> {
    return this.#turns.idle();
  }

  async #store(part: FramePart, signal: AbortSignal): Promise<number> {
    if (part.frame.head.shard)
      throw new UnfitFrameError(
        "local-store: the frame is one of several shards, and a file has all of a node: set 'shards' in section [cluster] to 1",
      );
    const { clock, logger } = this.ports;
    const backoff = new Backoff(retry);
    const slot = slotOf(part);
    let cramped = false;
    for (;;) {
      try {
        if (cramped && !(await this.slots.makeRoom(slot, this.#bounds(slot).until)))
          return this.#giveWay(part);
        const lines = await this.#write(part);
        if (backoff.attempts > 0)
          logger.info(
            { attempts: backoff.attempts },
            `local-store: can write in ${this.config.directory} again`,
          );
        return lines;
      } catch (err) {
        if (codeOf(err) === undefined) throw err;
        cramped = full.has(codeOf(err));
        this.#tell(err, backoff.attempts);
      }
      await clock.sleep(backoff.next(), signal);
      signal.throwIfAborted();
    }
  }

  /** Answers how many lines are stored; none of a slot that is older than what is kept. */
  async #write(part: FramePart): Promise<number> {
    const slot = slotOf(part);
    if (slot < this.#bounds(slot).from) return 0;
    const text = new LinesOfPart(this.ports.lines, part);
    await this.slots.write(slot, part, text);
    await this.#keepBounds(slot);
    if (text.count === 0 || this.slots.has(slot)) return text.count;
    this.ports.logger.error(
      { slot, node: part.frame.head.node, maxBytes: this.config.maxBytes },
      "local-store: a slot that takes more than all may is not kept: raise 'max-size' of [local-store]",
    );
    return 0;
  }

  /** What is newer is worth more. */
  #giveWay(part: FramePart): number {
    this.ports.logger.warn(
      { slot: slotOf(part), node: part.frame.head.node },
      'local-store: the disk is full, and a slot older than all that are stored is not kept',
    );
    return 0;
  }

  async #keepBounds(written = 0): Promise<void> {
    const now = this.ports.clock.monotonic();
    if (now - this.#lookedAt >= lookEveryMs) {
      await this.slots.look();
      this.#lookedAt = now;
    }
    const removed = await this.slots.keep(this.#bounds(written));
    this.ports.onChange?.(removed, this.slots.total);
  }

  /** What is written for a slot tells the time too, should the clock here be behind. */
  #bounds(written: number): Bounds {
    const { retentionMs, maxBytes: bytes } = this.config;
    const wallMs = this.ports.clock.wall();
    return {
      from: Math.floor((wallMs - retentionMs) / 1000),
      until: Math.max(Math.floor(wallMs / 1000), written) + futureSeconds,
      bytes,
    };
  }

  #tell(err: unknown, attempts: number): void {
    this.ports.onFailure?.();
    this.ports.logger[attempts % tellEvery === 0 ? 'error' : 'debug'](
      { err, attempts },
      `local-store: cannot write in ${this.config.directory}: ${adviceOn(err)}. Nothing is lost, trying on`,
    );
  }
}

/** Lines block by block, counted; who takes a block has done with it when the next one is asked for. */
class LinesOfPart implements Iterable<Buffer> {
  count = 0;

  constructor(
    private readonly lines: LocalStorePorts['lines'],
    private readonly part: FramePart,
  ) {}

  *[Symbol.iterator](): Generator<Buffer> {
    for (const { bytes, lines } of madeOf(this.part, this.lines.of(this.part))) {
      this.count += lines;
      yield bytes;
      this.lines.reuse([bytes]);
    }
  }
}

/** Seconds since the epoch. */
function slotOf({ frame }: FramePart): number {
  return Math.floor(frame.head.slot / 1000);
}

function adviceOn(error: unknown): string {
  const code = codeOf(error) ?? '';
  return advice[code] ?? code;
}
