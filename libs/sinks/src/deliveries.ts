import type { FramePart, PartitionSession } from '@haproxystats/messaging';
import { slotName } from './coverage-filter';

/** Batches of a partition that may be on their way at once: a relay can take most of a second to close, and rests meanwhile. */
const maxInFlight = 4;
/** With so many rows on their way no other batch starts: each holds its columns, and lines of them. */
const maxRowsInFlight = 10_000;

export interface Batch {
  readonly parts: readonly FramePart[];
  readonly rows: number;
  /** Behind the last record that was read for it. */
  readonly next: number;
  /** Where reading must begin again for what it read and does not have. */
  readonly base: number;
}

interface InFlight {
  readonly batch: Batch;
  readonly committed: Promise<void>;
}

/** Delivers the batches of one partition, several at once, and commits them in the order of their start. */
export class Deliveries<Each extends Batch = Batch> {
  readonly #inFlight: InFlight[] = [];
  #sound: Promise<void> = Promise.resolve();

  constructor(
    private readonly session: PartitionSession,
    private readonly deliver: (batch: Each) => Promise<void>,
  ) {}

  get full(): boolean {
    const rows = this.#inFlight.reduce((sum, { batch }) => sum + batch.rows, 0);
    return this.#inFlight.length >= maxInFlight || rows >= maxRowsInFlight;
  }

  /** Resolves when another batch may start. Rejects when one cannot be delivered or committed, or the session ends. */
  async room(): Promise<void> {
    while (this.full) await Promise.race(this.#inFlight.map(({ committed }) => committed));
  }

  start(batch: Each): void {
    const committed = this.#carry(batch, [...this.#inFlight]);
    committed.catch(() => {
      this.#sound = committed;
    });
    this.#inFlight.push({ batch, committed });
    this.session.inHand(committed);
  }

  /** Rejects once a batch could not be delivered or committed: its fault is that of whoever calls next. */
  sound(): Promise<void> {
    return this.#sound;
  }

  async #carry(batch: Each, before: readonly InFlight[]): Promise<void> {
    const overtaken = before.filter((earlier) => supersedes(batch, earlier.batch));
    await Promise.all(overtaken.map(({ committed }) => committed));
    if (batch.parts.length > 0) await this.deliver(batch);
    await before.at(-1)?.committed;
    await this.session.commit({ watermark: batch.next, base: batch.base });
    this.#inFlight.shift();
  }
}

/** Whether `later` has a higher coverage of a slot that is in `earlier` too: arriving first, it would be overwritten with the lower one. */
function supersedes(later: Batch, earlier: Batch): boolean {
  const lowest = new Map<string, number>();
  for (const { frame } of earlier.parts) {
    const { covered } = frame.head.coverage;
    const slot = slotName(frame.head);
    lowest.set(slot, Math.min(covered, lowest.get(slot) ?? covered));
  }
  return later.parts.some(
    ({ frame: { head } }) => head.coverage.covered > (lowest.get(slotName(head)) ?? Infinity),
  );
}
