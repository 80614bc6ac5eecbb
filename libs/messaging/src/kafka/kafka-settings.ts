import type { Settings } from '@haproxystats/runtime';
import type { KafkaSettings } from './kafka-client';

/** [kafka] as users have set it; undefined where no brokers are named: the logs are directories. */
export function kafkaSettingsOf({ kafka }: Settings): KafkaSettings | undefined {
  if (kafka.brokers === undefined) return undefined;
  return {
    brokers: kafka.brokers,
    clientId: kafka['client-id'],
    requestTimeoutMs: kafka['request-timeout'] * 1000,
    sessionTimeoutMs: kafka['session-timeout'] * 1000,
  };
}
