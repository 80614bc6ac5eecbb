import { kafkaVersion } from '../kafka-properties';
import type { ServerKind } from '../servers';

export const images: Record<ServerKind, string> = {
  kafka: `apache/kafka:${kafkaVersion}`,
  redis: 'redis:8-alpine',
  haproxy: 'haproxy:lts',
  carbon: 'graphiteapp/graphite-statsd:1.1.10-5',
};
