import type { FramePart } from '@haproxystats/messaging';
import { Backoff, type BackoffOptions } from '@haproxystats/runtime';
import { deliverEach, madeOf, type Delivery, type Sink } from '../sink';
import { RelayError } from './graphite-connection';
import { GraphiteLines, type GraphiteLinesConfig, type GraphiteLinesPorts } from './graphite-lines';
import { Relays, type RelaysConfig, type RelaysPorts } from './relays';

export interface GraphiteConfig extends GraphiteLinesConfig, RelaysConfig {
  /** First, factor and longest wait between two tries. */
  readonly retry: BackoffOptions;
  /** One connection carries at most this many bytes. */
  readonly batchBytes: number;
}

export interface GraphitePorts
  extends Pick<GraphiteLinesPorts, 'onWithheld' | 'onOtherSemantics'>, RelaysPorts {}

/** Lines that are collected for one connection. */
interface Outgoing {
  blocks: Buffer[];
  bytes: number;
}

/** Sends frames as lines of Graphite's plaintext protocol, a connection per batch. */
export class GraphiteSink implements Sink {
  readonly name = 'graphite';

  readonly #lines: GraphiteLines;
  readonly #relays: Relays;
  /**
   * Halved whenever a relay has got bytes and not acknowledged them in time, so that one which is slow gets through with something,
   * and doubled whenever one has.
   */
  #blocksAtOnce = Infinity;

  constructor(
    private readonly config: GraphiteConfig,
    private readonly ports: GraphitePorts,
  ) {
    this.#lines = new GraphiteLines(config, ports);
    this.#relays = new Relays(config, ports);
  }

  async deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    signal.throwIfAborted();
    const outgoing: Outgoing = { blocks: [], bytes: 0 };
    const delivery = await deliverEach(parts, (part) => this.#put(part, outgoing, signal));
    await this.#flush(outgoing, signal);
    return delivery;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Answers how many lines the part is. */
  async #put(part: FramePart, outgoing: Outgoing, signal: AbortSignal): Promise<number> {
    let count = 0;
    for (const { bytes: block, lines } of madeOf(part, this.#lines.of(part))) {
      if (outgoing.bytes + block.length > this.config.batchBytes) await this.#flush(outgoing, signal);
      outgoing.blocks.push(block);
      outgoing.bytes += block.length;
      count += lines;
    }
    return count;
  }

  async #flush(outgoing: Outgoing, signal: AbortSignal): Promise<void> {
    const { blocks } = outgoing;
    outgoing.blocks = [];
    outgoing.bytes = 0;
    await this.#send(blocks, signal);
  }

  /** In pieces, each acknowledged for itself, where relays were too slow for more at once. */
  async #send(blocks: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.config.retry);
    for (let sent = 0; sent < blocks.length;) {
      const batch = blocks.slice(sent, sent + this.#blocksAtOnce);
      try {
        await this.#relays.send(batch, signal);
      } catch (error) {
        if (!(error instanceof RelayError)) throw error;
        if (error.inDoubt) this.#blocksAtOnce = Math.ceil(batch.length / 2);
        await this.ports.clock.sleep(backoff.next(), signal);
        signal.throwIfAborted();
        continue;
      }
      this.#lines.reuse(batch);
      this.#blocksAtOnce *= 2;
      backoff.reset();
      sent += batch.length;
    }
  }
}
