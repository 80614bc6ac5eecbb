import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { LogReader, LogWriter } from '@haproxystats/messaging';
import type { ForwardService } from './forward.service';
import type { PullService, Spool } from './pull.service';

/** The way from the spool to Kafka; absent in the embedded mode, where the processor reads the spool. */
export interface Forwarding {
  readonly reader: LogReader;
  readonly writer: LogWriter;
}

interface Parts {
  readonly pull: Pick<PullService, 'ready' | 'run'>;
  readonly spool: Pick<Spool, 'close'>;
  readonly forward: ForwardService | undefined;
  readonly forwarding: Forwarding | undefined;
}

/** Starts and stops the puller with its application. */
export class PullerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<undefined>();
  readonly #died = Promise.withResolvers<never>();
  #started = false;
  #waitingFor: string | undefined;

  constructor(private readonly parts: Parts) {
    this.#died.promise.catch(() => undefined); // heard by whoever takes `failure`; it must not end the program unheard
  }

  /** Polls have been spooled in the last 3 intervals. */
  get ready(): boolean {
    return this.#started && this.parts.pull.ready;
  }

  /** Resolves when polling is over: after `maxPolls`, or after a stop. */
  get ended(): Promise<undefined> {
    return this.#ended.promise;
  }

  /** Rejects when the puller cannot go on: the program should end with an error. */
  get failure(): Promise<never> {
    return this.#died.promise;
  }

  /** What the shutdown waits for at this moment. */
  get waitingFor(): readonly string[] {
    return this.#waitingFor === undefined ? [] : [this.#waitingFor];
  }

  onApplicationBootstrap(): void {
    const { forward, forwarding, pull } = this.parts;
    this.#started = true;
    if (forward && forwarding) {
      forwarding.reader.start(forward);
      forwarding.reader.failure.catch(this.#died.reject);
    }
    pull.run(this.#stop.signal).then(() => this.#ended.resolve(undefined), this.#died.reject);
  }

  /** Drops a poll under way, lets the forwarder finish its record, and closes all that was handed in. */
  async beforeApplicationShutdown(): Promise<void> {
    const { forwarding, spool } = this.parts;
    this.#stop.abort();
    const polling = this.#started && Promise.race([this.ended, this.failure.catch(() => undefined)]);
    await this.#waitFor('the poll in hand', polling);
    await this.#waitFor('the forwarder to finish its poll', forwarding?.reader.close());
    await this.#waitFor('the broker to let go of the connection', forwarding?.writer.close());
    await this.#waitFor('the spool', spool.close());
    this.#waitingFor = undefined;
  }

  async #waitFor(what: string, work: unknown): Promise<void> {
    this.#waitingFor = what;
    await work;
  }
}
