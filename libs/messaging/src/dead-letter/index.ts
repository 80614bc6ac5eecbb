export * from './dead-letter';
export * from './dead-letter-record';
export * from './dead-letter-store';
export * from './dead-letters';
export { deadLetterDirectory, DirectoryDeadLetters } from './directory-dead-letters';
export { DirectoryDeadLetterStore } from './directory-dead-letter-store';
export { KafkaDeadLetterStore } from './kafka-dead-letter-store';
export { LetterRate, type RateBounds } from './letter-rate';
export { senderOf, type Sender } from './sender';
