import type { Writable } from 'node:stream';
import type { PollReport, ReadBack, RunPlan, RunSummary } from './reports';
import { plain, type Painter } from './painter';
import {
  drainText,
  headerText,
  pollLine,
  readBackText,
  summaryText,
  tableHead,
  waitingText,
} from './run-text';

/** What `haproxystats run` says on the screen: where from and where to, a line per poll, what arrived, and a summary. */
export class RunDisplay {
  #failure: Error | undefined;
  #inTable = false;

  constructor(
    private readonly output: Writable,
    private readonly paint: Painter = plain,
  ) {
    output.on('error', (error: Error) => (this.#failure ??= error));
  }

  /** Why nothing is shown any more: whoever read the output has gone (EPIPE). The run itself can go on. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  header(plan: RunPlan): void {
    this.#write(headerText(plan, this.paint));
  }

  poll(report: PollReport): void {
    if (!this.#inTable) this.#write(tableHead(this.paint));
    this.#inTable = true;
    this.#write(pollLine(report, this.paint));
  }

  /** So many polls are not delivered though there was time enough. */
  waiting(polls: number, destination: string): void {
    this.#inTable = false;
    this.#write(waitingText(polls, destination, this.paint));
  }

  /** After the last poll so many are waited for, up to so long. */
  draining(polls: number, atMostMs: number): void {
    this.#inTable = false;
    this.#write(drainText(polls, atMostMs, this.paint));
  }

  readBack(readBack: ReadBack): void {
    this.#inTable = false;
    this.#write(readBackText(readBack, this.paint));
  }

  summary(summary: RunSummary): void {
    this.#inTable = false;
    this.#write(summaryText(summary, this.paint));
  }

  #write(text: string): void {
    if (!this.#failure) this.output.write(text);
  }
}
