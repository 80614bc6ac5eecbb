export interface BackoffOptions {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** Waiting times of a retry: exponential up to `maxMs`, each spread over its upper half so that a fleet does not march in step. */
export class Backoff {
  #attempt = 0;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: () => number = Math.random,
  ) {}

  /** How often `next` was called since the last `reset`. */
  get attempts(): number {
    return this.#attempt;
  }

  /** The next waiting time in ms. */
  next(): number {
    const { firstMs, factor, maxMs } = this.options;
    const whole = Math.min(maxMs, firstMs * factor ** this.#attempt++);
    return whole * (0.5 + this.random() / 2);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
