import type { Clock, Logger } from '@haproxystats/runtime';
import {
  RelayError,
  relayName,
  sendInOrder,
  type GraphiteAddress,
  type GraphiteTimeouts,
} from './graphite-connection';

export interface RelaysConfig {
  /** The relay that is preferred. */
  readonly address: GraphiteAddress;
  /** Those that take its place, in this order. */
  readonly failover: readonly GraphiteAddress[];
  /** How long a relay that failed is passed over while another one takes the metrics. */
  readonly failoverRetryMs: number;
  readonly timeouts: GraphiteTimeouts;
}

export interface RelaysPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A try to deliver a batch that failed; `relay` is its place in the order, from 0. */
  readonly onFailure?: (relay: number) => void;
  /** A batch that was taken. */
  readonly onTaken?: (relay: number) => void;
}

/** Batches that fail are told: the first, and each of so many further ones. Several are on their way at once. */
const tellEvery = 40;

/** Relays of which one takes all metrics: the first in order that can. */
export class Relays {
  readonly #addresses: readonly GraphiteAddress[];
  /** Monotonic ms, per relay: until then others come first. */
  readonly #passOverUntil: number[];
  /** Took the last batch. */
  #current = 0;
  /** Batches in a row that no relay has taken. */
  #failures = 0;

  constructor(
    private readonly config: RelaysConfig,
    private readonly ports: RelaysPorts,
  ) {
    this.#addresses = [config.address, ...config.failover];
    this.#passOverUntil = this.#addresses.map(() => -Infinity);
  }

  /** Resolves when a relay has acknowledged the batch. Tries each relay once; rejects with a RelayError of the last one when none takes it. */
  async send(batch: readonly Buffer[], signal: AbortSignal): Promise<void> {
    let failure: RelayError | undefined;
    for (const relay of this.#order()) {
      failure = await this.#try(relay, batch, { signal, before: failure });
      if (!failure) return;
    }
    this.#tellFailure(failure!);
    throw failure!;
  }

  /** Those that failed lately come last. */
  #order(): number[] {
    const now = this.ports.clock.monotonic();
    const relays = [...this.#addresses.keys()];
    const passedOver = relays.filter((relay) => now < this.#passOverUntil[relay]!);
    return [...relays.filter((relay) => !passedOver.includes(relay)), ...passedOver];
  }

  async #try(
    relay: number,
    batch: readonly Buffer[],
    { signal, before }: { signal: AbortSignal; before: RelayError | undefined },
  ): Promise<RelayError | undefined> {
    const { clock, onFailure } = this.ports;
    // One batch finds out whether it is back; the others do not wait with it.
    if (relay < this.#current) this.#passOver(relay);
    try {
      await sendInOrder(this.#addresses[relay]!, batch, { timeouts: this.config.timeouts, clock, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RelayError)) throw error;
      this.#passOver(relay);
      onFailure?.(relay);
      return before?.inDoubt ? before : error;
    }
    this.#taken(relay, before);
    return undefined;
  }

  #passOver(relay: number): void {
    this.#passOverUntil[relay] = this.ports.clock.monotonic() + this.config.failoverRetryMs;
  }

  #taken(relay: number, failure: RelayError | undefined): void {
    this.#passOverUntil[relay] = -Infinity;
    this.#tellTaken(relay, failure);
    this.#current = relay;
    this.#failures = 0;
    this.ports.onTaken?.(relay);
  }

  #tellTaken(relay: number, err: RelayError | undefined): void {
    const { logger } = this.ports;
    const [now, before] = [relay, this.#current].map((each) => relayName(this.#addresses[each]!));
    if (relay > this.#current)
      logger.warn({ err, relay: now, before }, `graphite: metrics go to ${now} now, because ${before} fails`);
    else if (relay < this.#current)
      logger.info({ relay: now, before }, `graphite: metrics go to ${now} again, and no more to ${before}`);
    else if (this.#failures > 0)
      logger.info({ failures: this.#failures }, `graphite ${now} takes metrics again`);
  }

  #tellFailure(err: RelayError): void {
    const level = this.#failures % tellEvery === 0 ? 'warn' : 'debug';
    this.#failures++;
    this.ports.logger[level](
      { err, failures: this.#failures },
      'graphite takes no metrics; nothing is lost, trying on',
    );
  }
}
