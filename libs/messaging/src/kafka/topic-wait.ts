import type { Admin } from 'kafkajs';
import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import { KafkaDenial } from './kafka-denial';
import { checkTopics, renderTopicFault } from './topic-admin';

export interface TopicWaitOptions {
  readonly admin: Admin;
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Resolves once a broker has the topic and `then` has succeeded, or when the signal aborts; says what it waits for and what is wrong with the topic. */
export async function untilTopicIsThere(options: TopicWaitOptions, then: () => Promise<void>): Promise<void> {
  const { topic, clock, logger, signal } = options;
  const backoff = new Backoff({ firstMs: 500, factor: 2, maxMs: 10_000 });
  while (!signal.aborted) {
    try {
      if (await topicIsThere(options)) {
        await then();
        return;
      }
    } catch (err) {
      tellUnanswered(logger, topic, err);
    }
    await clock.sleep(backoff.next(), signal);
  }
}

async function topicIsThere({ admin, topic, logger }: TopicWaitOptions): Promise<boolean> {
  await admin.connect();
  const faults = await checkTopics(admin, [topic]);
  for (const fault of faults) logger.error(fault, renderTopicFault(fault));
  return faults.every(({ setting }) => setting !== null);
}

/** Tells a missing right from a broker that does not answer. */
export function tellUnanswered(logger: Logger, topic: string, err: unknown): void {
  if (err instanceof KafkaDenial) logger.error({ err, topic }, err.message);
  else logger.warn({ err, topic }, `topic ${topic}: no broker answers; trying on`);
}
