export { KafkaRecords } from './kafka-records';
export * from './kafka.sink';
