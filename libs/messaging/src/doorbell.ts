import type { Clock } from '@haproxystats/runtime';

/** Wakes one waiter. A ring while nobody waits is kept for the next wait, so none is missed between looking and waiting. */
export class Doorbell {
  #rung = false;
  #waiting: AbortController | undefined;

  constructor(private readonly clock: Clock) {}

  ring(): void {
    this.#rung = true;
    this.#waiting?.abort();
  }

  /** Resolves once rung since the last wait, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      this.#waiting = new AbortController();
      await this.clock.sleep(ms, this.#waiting.signal);
      this.#waiting = undefined;
    }
    this.#rung = false;
  }
}
