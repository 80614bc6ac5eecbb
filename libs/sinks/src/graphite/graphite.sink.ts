import type { FramePart } from '@haproxystats/messaging';
import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import type { Delivery, Sink } from '../sink';
import { sendInOrder, type GraphiteAddress, type GraphiteTimeouts } from './graphite-connection';
import { graphiteLines } from './graphite-lines';
import type { GraphiteNames } from './graphite-names';

export interface GraphiteConfig {
  readonly address: GraphiteAddress;
  readonly names: GraphiteNames;
  readonly timeouts: GraphiteTimeouts;
  /** First, factor and longest wait between two tries. */
  readonly retry: { readonly firstMs: number; readonly factor: number; readonly maxMs: number };
  /** One connection carries at most this many bytes. */
  readonly batchBytes: number;
}

/** Sends frames as lines of Graphite's plaintext protocol, a connection per batch. */
export class GraphiteSink implements Sink {
  readonly name = 'graphite';

  constructor(
    private readonly config: GraphiteConfig,
    private readonly ports: {
      readonly clock: Clock;
      readonly logger: Logger;
      readonly onFailure?: () => void;
    },
  ) {}

  async deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    const metrics: number[] = [];
    let batch: Buffer[] = [];
    let bytes = 0;
    for (const part of parts) {
      let count = 0;
      for (const { text, lines } of graphiteLines(part, this.config.names)) {
        const block = Buffer.from(text, 'latin1');
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
