import type { Admin } from 'kafkajs';
import { LastTold, type Clock, type Logger } from '@haproxystats/runtime';
import type { KafkaRetry } from './kafka-retry';
import { checkTopic, renderTopicFault } from './topic-admin';

export interface TopicWaitOptions {
  readonly admin: Admin;
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly retry: KafkaRetry;
}

/** Resolves once a broker has the topic and `then` has succeeded, or when the signal aborts; says what it waits for and what is wrong with the topic. */
export async function untilTopicIsThere(options: TopicWaitOptions, then: () => Promise<void>): Promise<void> {
  const { clock, signal, retry } = options;
  const told = new LastTold();
  while (!signal.aborted) {
    try {
      await topicIsThere(options, told);
      await then();
      return;
    } catch (err) {
      await clock.sleep(retry.next(err), signal);
    }
  }
}

/** Already told, with what to do. */
export class TopicMissing extends Error {}

/** Says what is wrong with the topic, once; rejects with TopicMissing when there is none. */
async function topicIsThere({ admin, topic, logger }: TopicWaitOptions, told: LastTold): Promise<void> {
  await admin.connect();
  const faults = await checkTopic(admin, topic);
  const isNews = told.isNews(topic, faults.map(renderTopicFault).join());
  for (const fault of isNews ? faults : []) {
    const level = fault.setting === 'compression.type' ? 'warn' : 'error';
    if (fault.denial === undefined) logger[level](fault, renderTopicFault(fault));
    else
      logger.info(
        fault,
        `topic ${topic}: its settings may not be looked at; 'haproxystats topics' checks them`,
      );
  }
  const missing = faults.find(({ setting }) => setting === null);
  if (missing) throw new TopicMissing(renderTopicFault(missing));
}
