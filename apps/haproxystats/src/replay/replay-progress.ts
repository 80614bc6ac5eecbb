import type { Writable } from 'node:stream';
import type { Clock } from '@haproxystats/runtime';
import { timeText } from '../display';
import type { KafkaReplayReport } from './kafka-replay';

const everyMs = 500;
/** To the beginning of the line, and nothing behind it. */
const clearLine = '\r\u001b[K';

/** One line on a terminal that says how far a replay is. */
export class ReplayProgress {
  #shownAt: number;
  #isShown = false;

  constructor(
    private readonly terminal: Writable,
    private readonly isWanted: boolean,
    private readonly clock: Clock,
  ) {
    this.#shownAt = clock.monotonic();
  }

  /** Now and then. */
  show({ records, snapshots, slot }: Pick<KafkaReplayReport, 'records' | 'snapshots' | 'slot'>): void {
    if (!this.isWanted || this.clock.monotonic() - this.#shownAt < everyMs) return;
    this.#shownAt = this.clock.monotonic();
    this.#isShown = true;
    const upTo = slot > 0 ? `, up to ${timeText(slot)}` : '';
    this.terminal.write(`${clearLine}${records} records, ${snapshots} snapshots${upTo}`);
  }

  clear(): void {
    if (this.#isShown) this.terminal.write(clearLine);
    this.#isShown = false;
  }
}
