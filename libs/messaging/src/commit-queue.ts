import type { Position } from './log';

/** Stores a session's positions one at a time and never one that moves back; what comes meanwhile is stored as one. */
export class CommitQueue {
  #stored: Position;
  #wanted: Position;
  #reached: number;
  #storing: Promise<void> | undefined;
  #sealed = false;

  constructor(
    committed: Position,
    private readonly store: (position: Position) => Promise<void>,
  ) {
    this.#stored = this.#wanted = committed;
    this.#reached = committed.watermark;
  }

  /** The handler was given everything below `next`. */
  reached(next: number): void {
    this.#reached = Math.max(this.#reached, next);
  }

  /** Resolves once `position` is stored; at once when sealed. Rejects with RangeError for one that cannot be right, else with the store's error. */
  async commit({ watermark, base }: Position): Promise<void> {
    if (this.#sealed) return;
    if (base > watermark || watermark > this.#reached) {
      throw new RangeError(
        `cannot commit watermark ${watermark} with base ${base}: base <= watermark <= ${this.#reached} (read so far)`,
      );
    }
    this.#wanted = {
      watermark: Math.max(watermark, this.#wanted.watermark),
      base: Math.max(base, this.#wanted.base),
    };
    await (this.#storing ??= this.#storeAll().finally(() => (this.#storing = undefined)));
  }

  /** Nothing is stored from now on, but for what is being stored at this moment. */
  seal(): void {
    this.#sealed = true;
  }

  /** Resolves when nothing is being stored any more. Whoever committed hears of failures. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#storing]);
  }

  async #storeAll(): Promise<void> {
    while (!this.#sealed && !samePosition(this.#stored, this.#wanted)) {
      const position = this.#wanted;
      await this.store(position);
      this.#stored = position;
    }
  }
}

function samePosition(a: Position, b: Position): boolean {
  return a.watermark === b.watermark && a.base === b.base;
}
