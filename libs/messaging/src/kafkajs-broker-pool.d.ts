/** An internal of kafkajs 2.2.4 that kafka-client.ts mends. */
declare module 'kafkajs/src/cluster/brokerPool' {
  type Ask = (asked: object) => Promise<unknown>;

  class BrokerPool {
    candid?: true;
    /** Asks one broker after the other; null where each has failed. */
    withBroker: (this: BrokerPool, ask: Ask) => Promise<unknown>;
  }
  export = BrokerPool;
}
