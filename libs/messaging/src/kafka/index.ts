export * from './kafka-client';
export * from './kafka-log-reader';
export * from './kafka-log-writer';
export * from './topic-admin';
export * from './kafka-settings';
export { refusalOf } from './kafka-refusal';
export type { KafkaLogin, KafkaSecurity } from './kafka-security';
