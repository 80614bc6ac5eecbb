import { Backoff, unlessAborted, type Clock, type Logger } from '@haproxystats/runtime';
import type { RecordEncoder, ResultTopic } from './record-encoder';
import { RegistryFault } from './registry-fault';

export interface SchemaWait {
  /** Who waits, in log lines. */
  readonly name: string;
  readonly encoder: Pick<RecordEncoder, 'prepare'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A try that failed. */
  readonly onFailure?: (() => void) | undefined;
}

const retry = { firstMs: 500, factor: 2, maxMs: 30_000 };
/** The first failure is told, then each of so many further ones: about every five minutes. */
const tellEvery = 10;

/** Resolves when values of the topic can be made; retries for ever, with a back-off. Rejects with the signal's reason. */
export async function awaitSchema(topic: ResultTopic, wait: SchemaWait, signal: AbortSignal): Promise<void> {
  const { name, encoder, clock, logger } = wait;
  const backoff = new Backoff(retry);
  for (;;) {
    try {
      await unlessAborted(encoder.prepare(topic), signal);
      const { attempts } = backoff;
      if (attempts > 0) logger.info({ topic, attempts }, `${name}: has the schema now`);
      return;
    } catch (err) {
      if (!(err instanceof RegistryFault)) throw err;
      tell(err, backoff.attempts, wait);
    }
    await clock.sleep(backoff.next(), signal);
    signal.throwIfAborted();
  }
}

function tell(err: RegistryFault, attempts: number, { name, logger, onFailure }: SchemaWait): void {
  onFailure?.();
  logger[attempts % tellEvery === 0 ? 'error' : 'debug'](
    { err, attempts },
    `${name}: no values can be made yet: ${err.message}. Nothing is lost, trying on`,
  );
}
