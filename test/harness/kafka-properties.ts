/** The release that both providers run. */
export const kafkaVersion = '4.1.0';

export interface KafkaAddresses {
  /** host:port on which the broker listens. */
  readonly listen: string;
  /** host:port that clients are told. */
  readonly advertised: string;
  /** host:port of the controller, which only the broker itself uses. */
  readonly controller: string;
  readonly dataDirectory: string;
}

/** The server's properties: one node that is broker and controller, quick to start, nothing created by accident. */
export function kafkaProperties(addresses: KafkaAddresses): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${addresses.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://${addresses.listen},CONTROLLER://${addresses.controller}`,
    'advertised.listeners': `PLAINTEXT://${addresses.advertised}`,
    'log.dirs': addresses.dataDirectory,
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A killed broker may register again only when its former session has expired.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
  };
}
