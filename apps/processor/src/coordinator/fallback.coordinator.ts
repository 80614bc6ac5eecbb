import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import type { Coordinator, Question, SlotKey, Verdict } from './coordinator';
import { LedgerRefusal } from './redis-refusal';

export interface FallbackPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told at every change; of the return once nothing has failed for a while. */
  readonly onDegraded?: (degraded: boolean) => void;
  /** Told of each question that was refused for want of a right, a login or a certificate. */
  readonly onRefused?: () => void;
}

/** A ledger is back when no question has failed for so long: until then one that answers now and then is asked ever more rarely. */
const steadyMs = 5_000;

/**
 * Asks the shared ledger; where it does not answer, its twin in memory decides: the same results, with repetitions at worst.
 * The twin hears of everything, so that it knows what this process has emitted when it has to step in.
 */
export class FallbackCoordinator implements Coordinator {
  readonly #backoff = new Backoff({ firstMs: 500, factor: 2, maxMs: 5_000 });
  readonly #refused = new Backoff({ firstMs: 2_000, factor: 2, maxMs: 30_000 });
  #degraded = false;
  /** Both in monotonic ms. */
  #failedAt = 0;
  #askAgainAt = 0;

  constructor(
    private readonly shared: Coordinator,
    private readonly twin: Coordinator,
    private readonly ports: FallbackPorts,
  ) {}

  async decide(question: Question): Promise<Verdict> {
    const own = await this.twin.decide(question);
    const shared = await this.#ask(() => this.shared.decide(question));
    // What this process itself has emitted stays emitted, whatever Redis has lost.
    const knowsMore = own === 'DUP' || (own === 'MORE' && shared === 'EMIT');
    return knowsMore ? own : (shared ?? own);
  }

  async done(key: SlotKey, members: readonly string[]): Promise<void> {
    await this.twin.done(key, members);
    await this.#ask(() => this.shared.done(key, members));
  }

  async close(): Promise<void> {
    await Promise.all([this.shared.close(), this.twin.close()]);
  }

  /** undefined when the ledger does not answer. One that did not is left alone for a while, so that its time limit is not paid at every question. */
  async #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (this.#isLeftAlone()) return undefined;
    try {
      const answer = await question();
      this.#answered();
      return answer;
    } catch (err) {
      // Of several questions that were under way the first to fail is counted.
      if (!this.#isLeftAlone()) this.#failed(err);
      return undefined;
    }
  }

  #isLeftAlone(): boolean {
    return this.ports.clock.monotonic() < this.#askAgainAt;
  }

  #answered(): void {
    if (!this.#degraded || this.ports.clock.monotonic() - this.#failedAt < steadyMs) return;
    this.#backoff.reset();
    this.#refused.reset();
    this.#tell(false);
  }

  #failed(err: unknown): void {
    this.#failedAt = this.ports.clock.monotonic();
    this.#askAgainAt = this.#failedAt + this.#waitAfter(err);
    this.#tell(true, err);
  }

  /** A refusal lasts until a person has acted: it is said each time, ever more slowly. */
  #waitAfter(err: unknown): number {
    if (!(err instanceof LedgerRefusal)) return this.#backoff.next();
    const waitMs = Math.round(this.#refused.next());
    this.ports.onRefused?.();
    this.ports.logger.error({ err, waitMs }, err.message);
    return waitMs;
  }

  #tell(degraded: boolean, err?: unknown): void {
    if (degraded === this.#degraded) return;
    this.#degraded = degraded;
    const { logger, onDegraded } = this.ports;
    if (degraded)
      logger.warn(
        { err },
        'redis does not answer: the ledger in memory decides; results may come twice, none is lost',
      );
    else logger.info('redis answers again');
    onDegraded?.(degraded);
  }
}
