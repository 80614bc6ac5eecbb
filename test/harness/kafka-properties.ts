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

export interface SecuredAddresses extends KafkaAddresses {
  /** host:port where clients log in, over TLS. */
  readonly login: string;
  /** host:port where clients show a certificate. */
  readonly mutual: string;
}

/** The PEM files of a broker, and passwords by user. */
export interface BrokerSecrets {
  readonly ca: string;
  /** The private key and the certificate in one file. */
  readonly keyAndCert: string;
  readonly passwords: Readonly<Record<string, string>>;
}

/** As `kafkaProperties`, with rights: whoever comes over the plain listener may do all, anybody else what is granted. */
export function securedKafkaProperties(
  addresses: SecuredAddresses,
  { ca, keyAndCert, passwords }: BrokerSecrets,
): Record<string, string> {
  const { listen, login, mutual, controller } = addresses;
  const jaas = 'org.apache.kafka.common.security';
  const users = Object.entries(passwords).map(([user, password]) => `user_${user}="${password}"`);
  return {
    ...kafkaProperties(addresses),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,LOGIN:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://${listen},LOGIN://${login},MUTUAL://${mutual},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${listen},LOGIN://${login},MUTUAL://${mutual}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyAndCert,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': ca,
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.login.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
    // Who logs in by this mechanism does so again every few seconds: kafkajs 10 s before its time is up.
    'listener.name.login.scram-sha-256.connections.max.reauth.ms': '12000',
    'listener.name.login.scram-sha-256.sasl.jaas.config': `${jaas}.scram.ScramLoginModule required;`,
    'listener.name.login.scram-sha-512.sasl.jaas.config': `${jaas}.scram.ScramLoginModule required;`,
    'listener.name.login.plain.sasl.jaas.config': `${jaas}.plain.PlainLoginModule required ${users.join(' ')};`,
  };
}

export interface ClusterAddresses extends KafkaAddresses {
  /** Of this broker, from 1. */
  readonly id: number;
  /** A second way for clients: where the broker listens for it, and what it tells them. */
  readonly other: { readonly listen: string; readonly advertised: string };
  /** host:port of the controllers of all brokers, by their ids. */
  readonly controllers: readonly string[];
}

/** One of several brokers, each a controller too: every topic has a copy on each, and one of them may be away. */
export function kafkaClusterProperties(addresses: ClusterAddresses): Record<string, string> {
  const { id, listen, advertised, other, controller, controllers } = addresses;
  const copies = controllers.length;
  return {
    ...kafkaProperties(addresses),
    'node.id': String(id),
    'controller.quorum.voters': controllers.map((address, i) => `${i + 1}@${address}`).join(),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,OTHER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: `PLAINTEXT://${listen},OTHER://${other.listen},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${advertised},OTHER://${other.advertised}`,
    'offsets.topic.replication.factor': String(copies),
    'transaction.state.log.replication.factor': String(copies),
    'min.insync.replicas': String(Math.max(1, copies - 1)),
    // A copy that hangs holds up whoever waits for all copies, for so long.
    'replica.lag.time.max.ms': '4000',
  };
}
