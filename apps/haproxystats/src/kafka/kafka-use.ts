import {
  checkTopics,
  KafkaDenial,
  refusalOf,
  renderTopicFault,
  type KafkaClient,
} from '@haproxystats/messaging';
import type { Admin } from 'kafkajs';

/** Kafka cannot be used for what is asked; the message is for a person and says what to do. */
export class KafkaUnavailable extends Error {
  override readonly name = 'KafkaUnavailable';
}

export interface KafkaUse {
  readonly topic: string;
  /** undefined: it writes. */
  readonly group?: string | undefined;
}

/** Settles as `work` does; what the brokers refuse, or do not answer, becomes one sentence: KafkaUnavailable. */
export async function usingKafka<T>(
  { brokers = '', principal }: KafkaClient,
  { topic, group }: KafkaUse,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof KafkaDenial) throw new KafkaUnavailable(cause.message, { cause });
    if (!isOfKafka(cause)) throw cause;
    const refusal = refusalOf(cause, { topic, group, brokers, principal });
    throw new KafkaUnavailable(refusal ?? connectionFault(cause, brokers), { cause });
  }
}

function connectionFault({ message }: Error, brokers: string): string {
  const advice = /^(Connection |Broker not connected)/.test(message)
    ? ": do they run, and is 'brokers' in [kafka] right?"
    : '';
  return `brokers ${brokers} cannot be used: ${message}${advice}`;
}

/** kafkajs 2.2.4 has a plain Error where a broker was lost while it was asked. */
function isOfKafka(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.name.startsWith('KafkaJS') || error.message === 'Broker not connected';
}

/** Throws KafkaUnavailable for a topic that is not there; `advice`: what to do, where it is not the usual. What may not be looked at may be there. */
export async function needTopic(admin: Admin, topic: string, advice?: string): Promise<void> {
  const faults = await checkTopics(admin, [topic]);
  const missing = faults.find(({ setting, denial }) => setting === null && denial === undefined);
  if (!missing) return;
  throw new KafkaUnavailable(
    advice === undefined ? renderTopicFault(missing) : `topic ${topic} does not exist: ${advice}`,
  );
}
