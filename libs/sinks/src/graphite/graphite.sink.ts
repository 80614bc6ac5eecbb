import type { FramePart } from '@haproxystats/messaging';
import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import type { Delivery, Sink } from '../sink';
import { sendInOrder, type GraphiteAddress, type GraphiteTimeouts } from './graphite-connection';
import { GraphiteLines, type GraphiteLinesConfig, type GraphiteLinesPorts } from './graphite-lines';

export interface GraphiteConfig extends GraphiteLinesConfig {
  readonly address: GraphiteAddress;
  readonly timeouts: GraphiteTimeouts;
  /** First, factor and longest wait between two tries. */
  readonly retry: { readonly firstMs: number; readonly factor: number; readonly maxMs: number };
  /** One connection carries at most this many bytes. */
  readonly batchBytes: number;
}

export interface GraphitePorts extends Pick<GraphiteLinesPorts, 'onWithheld' | 'onOtherSemantics'> {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A try to deliver a batch that failed. */
  readonly onFailure?: () => void;
}

/** Sends frames as lines of Graphite's plaintext protocol, a connection per batch. */
export class GraphiteSink implements Sink {
  readonly name = 'graphite';

  readonly #lines: GraphiteLines;

  constructor(
    private readonly config: GraphiteConfig,
    private readonly ports: GraphitePorts,
  ) {
    this.#lines = new GraphiteLines(config, ports);
  }

  async deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    const metrics: number[] = [];
    let batch: Buffer[] = [];
    let bytes = 0;
    for (const part of parts) {
      let count = 0;
      for (const { bytes: block, lines } of this.#lines.of(part)) {
        if (bytes + block.length > this.config.batchBytes && bytes > 0) {
          await this.#send(batch, signal);
          batch = [];
          bytes = 0;
        }
        batch.push(block);
        bytes += block.length;
        count += lines;
      }
      metrics.push(count);
    }
    if (bytes > 0) await this.#send(batch, signal);
    return { metrics };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #send(batch: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const { address, timeouts, retry } = this.config;
    const { clock, logger, onFailure } = this.ports;
    const backoff = new Backoff(retry);
    for (;;) {
      try {
        await sendInOrder(address, batch, { timeouts, clock, signal });
        this.#lines.reuse(batch);
        if (backoff.attempts > 0)
          logger.info(
            { attempts: backoff.attempts },
            `graphite ${address.host}:${address.port} takes metrics again`,
          );
        return;
      } catch (err) {
        signal.throwIfAborted();
        onFailure?.();
        logger[backoff.attempts % 10 === 0 ? 'warn' : 'debug'](
          { err, attempts: backoff.attempts },
          'graphite takes no metrics; nothing is lost, trying on',
        );
        await clock.sleep(backoff.next(), signal);
      }
    }
  }
}
