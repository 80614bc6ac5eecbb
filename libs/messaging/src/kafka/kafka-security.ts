import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { ISocketFactory, KafkaConfig, SASLOptions } from 'kafkajs';
import {
  LastTold,
  readSecretFile,
  readTlsFiles,
  subjectOf,
  type Logger,
  type OptionFile,
  type TlsFiles,
  type TlsMaterial,
} from '@haproxystats/runtime';
import { nobody } from './kafka-refusal';

export interface KafkaLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  /** The password, or the file that holds it. */
  readonly password: string | OptionFile;
}

export interface KafkaSecurity {
  /** undefined: plain connections. */
  readonly tls: TlsFiles | undefined;
  /** undefined: no login. */
  readonly login: KafkaLogin | undefined;
}

/** How to reach brokers, and whom they take us for. */
export interface OpenedSecurity extends Pick<KafkaConfig, 'ssl' | 'sasl' | 'socketFactory'> {
  readonly principal: string;
}

/** As kafkajs has it. */
const keepAliveMs = 60_000;

/**
 * Reads all files, so that what is wrong with them is known at once (OptionFault), and reads them again at each connection: certificates
 * and passwords that are renewed need no restart. `logger` hears of a password that cannot be read any more.
 */
export function openSecurity({ tls, login }: KafkaSecurity, logger?: Pick<Logger, 'warn'>): OpenedSecurity {
  const material = tls && readTlsFiles(tls);
  return {
    principal: principalOf(login, material),
    ...(tls && { ssl: true, socketFactory: tlsSockets(tls) }),
    ...(login && { sasl: saslOf(login, logger) }),
  };
}

/** Kafka's own rule where it has no other: the login counts, else the subject of the certificate. */
function principalOf(login: KafkaLogin | undefined, material: TlsMaterial | undefined): string {
  if (login) return `User:${login.username}`;
  return material?.cert === undefined ? nobody : `User:${subjectOf(material.cert)}`;
}

/** kafkajs' own factory keeps what the files said at the start. */
function tlsSockets(tls: TlsFiles): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, ...servername, ...readTlsFiles(tls) }, onConnect);
    return socket.setKeepAlive(true, keepAliveMs);
  };
}

/**
 * kafkajs asks for the password at each login, in the middle of its talk with the broker: there what cannot be read must not throw, or the
 * next try begins in that middle, and the client is lost.
 */
function saslOf(login: KafkaLogin, logger: Pick<Logger, 'warn'> | undefined): SASLOptions {
  const { mechanism, username } = login;
  const told = new LastTold();
  let password = passwordOf(login);
  const read = (): string => {
    try {
      password = passwordOf(login);
      told.isNews('password', '');
    } catch (error) {
      const { message } = error as Error;
      if (told.isNews('password', message))
        logger?.warn({ err: error }, `kafka: ${message}; what it said before is used`);
    }
    return password;
  };
  return {
    mechanism,
    username,
    get password() {
      return read();
    },
  };
}

function passwordOf({ password }: KafkaLogin): string {
  return typeof password === 'string' ? password : readSecretFile(password);
}
