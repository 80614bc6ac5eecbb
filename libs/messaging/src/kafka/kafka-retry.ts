import { Backoff, type BackoffOptions, type Logger } from '@haproxystats/runtime';
import type { KafkaClient } from './kafka-client';
import { hintOf, refusalOf } from './kafka-refusal';

export interface KafkaRetryOptions {
  readonly kafka: KafkaClient;
  readonly topic: string;
  /** undefined: the client writes. */
  readonly group?: string | undefined;
  readonly logger: Logger;
  /** The pace while nobody refuses anything. */
  readonly pace: BackoffOptions;
  /** What to say of an error that is no refusal: `attempts` begins at 0, `hint` is '' or goes behind the sentence. */
  readonly onFault: (err: unknown, attempts: number, hint: string) => void;
  readonly onRefusal: () => void;
}

/** A refusal lasts until a person has acted: brokers and logs are spared meanwhile. */
const refusedPace: BackoffOptions = { firstMs: 2_000, factor: 2, maxMs: 60_000 };

/** When to try again: soon after a fault, ever more slowly after a refusal, of which each is said. */
export class KafkaRetry {
  readonly #fault: Backoff;
  readonly #refused = new Backoff(refusedPace);

  constructor(private readonly options: KafkaRetryOptions) {
    this.#fault = new Backoff(options.pace);
  }

  /** Tries that failed since the last `reset`. */
  get attempts(): number {
    return this.#fault.attempts + this.#refused.attempts;
  }

  reset(): void {
    this.#fault.reset();
    this.#refused.reset();
  }

  /** A person must act first. */
  isRefusal(error: unknown): boolean {
    return this.#refusal(error) !== undefined;
  }

  /** Says what went wrong; answers the ms to wait. */
  next(err: unknown): number {
    const refusal = this.#refusal(err);
    if (refusal === undefined) {
      this.options.onFault(err, this.#fault.attempts, hintOf(err, this.options.kafka));
      return this.#fault.next();
    }
    const { topic, group, logger, onRefusal } = this.options;
    const waitMs = Math.round(this.#refused.next());
    onRefusal();
    logger.error({ err, topic, ...(group && { group }), waitMs }, refusal);
    return waitMs;
  }

  #refusal(error: unknown): string | undefined {
    const { topic, group, kafka } = this.options;
    return refusalOf(error, { topic, group, principal: kafka.principal, brokers: kafka.brokers });
  }
}
