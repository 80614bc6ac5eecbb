import type { LogEntry } from '@haproxystats/messaging';

type Mark = Pick<LogEntry, 'offset' | 'appendedAt'>;

/** Marks in the time that is kept. */
const marksKept = 64;

/** Where the last minutes of a partition begin, going by the times at which its records were appended. */
export class RecentLog {
  readonly #marks: Mark[] = [];
  #firstAt: number | undefined;
  #newest = 0;
  #alive = 0;

  /** Log time now, ms: it does not run on by itself. */
  get now(): number {
    return this.#newest;
  }

  /** For how long, ms, this reader has heard of everybody: since its first record. */
  get heardFor(): number {
    return this.#firstAt === undefined ? 0 : this.#newest - this.#firstAt;
  }

  /** Time, ms, in which something was appended: a longer silence counts as `idleMs`, for then nobody wrote who would have. */
  get alive(): number {
    return this.#alive;
  }

  /** The offset of the newest record that is older than what is kept, or of the first one; undefined: none was read. */
  get base(): number | undefined {
    return this.#marks[0]?.offset;
  }

  add({ offset, appendedAt }: Mark, { keptMs, idleMs }: { keptMs: number; idleMs: number }): void {
    if (this.#firstAt !== undefined) this.#alive += Math.min(Math.max(0, appendedAt - this.#newest), idleMs);
    this.#firstAt ??= appendedAt;
    this.#newest = Math.max(this.#newest, appendedAt);
    const last = this.#marks.at(-1);
    if (!last || this.#newest - last.appendedAt >= keptMs / marksKept)
      this.#marks.push({ offset, appendedAt: this.#newest });
    while (this.#marks.length > 1 && this.#marks[1]!.appendedAt <= this.#newest - keptMs) this.#marks.shift();
  }
}
