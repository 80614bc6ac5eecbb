import { kafkaVersion } from '../kafka-properties';
import type { ServerKind } from '../servers';

/** What the servers of tests run on: the images of docker-compose.yml. */
export const images = {
  kafka: `apache/kafka:${kafkaVersion}`,
  redis: 'redis:8.0.2-alpine',
  haproxy: 'haproxy:3.0.11',
  carbon: 'graphiteapp/graphite-statsd:1.1.10-5',
  registry: 'apicurio/apicurio-registry-mem:2.6.13.Final',
} as const satisfies Record<ServerKind, string>;

/** What removes the containers of a run that has died: testcontainers' own choice for its release. */
export const reaperImage = 'testcontainers/ryuk:0.14.0';
