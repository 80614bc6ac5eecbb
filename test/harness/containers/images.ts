import { kafkaVersion } from '../kafka-properties';
import type { ServerKind } from '../servers';

/** Of the kinds that run in containers. */
export const images = {
  kafka: `apache/kafka:${kafkaVersion}`,
  redis: 'redis:8-alpine',
  haproxy: 'haproxy:lts',
  carbon: 'graphiteapp/graphite-statsd:1.1.10-5',
} as const satisfies Partial<Record<ServerKind, string>>;

export type ContainerKind = keyof typeof images;
export const containerKinds = Object.keys(images) as ContainerKind[];
