/** An internal of kafkajs 2.2.4 that kafka/kept-membership.ts mends. */
declare module 'kafkajs/src/consumer/consumerGroup' {
  class ConsumerGroup {
    keepsMembership?: true;
    /** One for each consumer; it outlives a crash. */
    readonly cluster: object;
    memberId: string | null;
    connect: (this: ConsumerGroup) => Promise<void>;
    joinAndSync: (this: ConsumerGroup) => Promise<void>;
    /** Forgets `memberId` where the broker has taken it. */
    leave: (this: ConsumerGroup) => Promise<void>;
  }
  export = ConsumerGroup;
}
