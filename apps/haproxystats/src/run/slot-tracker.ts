import type { Poll } from '@haproxystats/haproxy';
import type { FramePart } from '@haproxystats/messaging';
import { rowsOf } from '@haproxystats/metrics';
import type { Clock } from '@haproxystats/runtime';
import type { PollReport } from '../display';

interface Slot {
  /** Monotonic ms when the poll was spooled, less what it took. */
  readonly begunAt: number;
  rows: number;
  metrics: number;
  parts: number;
}

export interface TrackerReports {
  /** A poll is delivered. */
  readonly onReport: (report: PollReport) => void;
  /** So many polls wait, the oldest for more than `patienceMs`; said again when they are twice as many. */
  readonly onWaiting: (polls: number) => void;
}

const patienceMs = 5_000;

/** Follows each poll of this process to its delivery. */
export class SlotTracker {
  readonly #open = new Map<number, Slot>();
  #complete = 0;
  #partial = 0;
  #metrics = 0;
  #toldWaiting = 0;

  constructor(
    private readonly clock: Clock,
    private readonly reports: TrackerReports,
  ) {}

  /** The slots, in ms, of polls that are not delivered yet. */
  get open(): readonly number[] {
    return [...this.#open.keys()];
  }

  get totals(): { complete: number; partial: number; metrics: number } {
    return { complete: this.#complete, partial: this.#partial, metrics: this.#metrics };
  }

  polled({ slot, startedAt }: Poll): void {
    this.#tellWaiting();
    const begunAt = this.clock.monotonic() - Math.max(0, this.clock.wall() - startedAt);
    this.#open.set(slot, { begunAt, rows: 0, metrics: 0, parts: 0 });
  }

  delivered(parts: readonly FramePart[], metrics: readonly number[]): void {
    parts.forEach((part, i) => this.#delivered(part, metrics[i] ?? 0));
  }

  #tellWaiting(): void {
    const [oldest] = this.#open.values();
    if (!oldest || this.clock.monotonic() - oldest.begunAt < patienceMs) return;
    if (this.#open.size < 2 * this.#toldWaiting) return;
    this.#toldWaiting = this.#open.size;
    this.reports.onWaiting(this.#open.size);
  }

  #delivered({ parts, frame }: FramePart, metrics: number): void {
    const { slot: slotMs, node, coverage } = frame.head;
    this.#metrics += metrics;
    const slot = this.#open.get(slotMs);
    // A poll of an earlier run, or a repetition with more coverage.
    if (!slot) return;
    slot.rows += rowsOf(frame);
    slot.metrics += metrics;
    if (++slot.parts < parts) return;
    this.#open.delete(slotMs);
    if (this.#open.size === 0) this.#toldWaiting = 0;
    if (coverage.covered === coverage.expected) this.#complete++;
    else this.#partial++;
    const elapsedMs = Math.round(this.clock.monotonic() - slot.begunAt);
    this.reports.onReport({ slotMs, node, ...coverage, rows: slot.rows, metrics: slot.metrics, elapsedMs });
  }
}
