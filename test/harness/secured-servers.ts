import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority, Identity } from '../support/certificates';
import { redisAnswers } from './answers';
import { freePort } from './free-port';
import { securedKafkaProperties } from './kafka-properties';
import { startBroker } from './native/broker';
import { NativeServer } from './native/native-server';
import { announcedProvision } from './provision';
import { redisArguments } from './redis-arguments';
import { makeServerDirectory } from './run-directory';
import type { Server } from './servers';

const host = '127.0.0.1';

export interface SecuredKafka extends Server {
  /** host:port of the listeners: plain, where all is allowed; with login over TLS; with certificates on both sides. */
  readonly plain: string;
  readonly login: string;
  readonly mutual: string;
}

export interface SecuredRedis extends Server {
  /** Of its plain port, for the user who may do all. */
  readonly adminUrl: string;
  /** host:port of its TLS port. */
  readonly address: string;
}

/** Real servers that ask who comes. All passwords are known at the start. */
export class SecuredServers {
  readonly #started: Server[] = [];

  constructor(private readonly authority: Authority) {}

  async kafka(passwords: Readonly<Record<string, string>>): Promise<SecuredKafka> {
    const directory = await makeServerDirectory('kafka');
    const [plain, login, mutual, controller] = await addresses();
    const keyAndCert = join(directory, 'key-and-cert.pem');
    writeFileSync(keyAndCert, concatenated(this.authority.issue('kafka')));
    const dataDirectory = join(directory, 'data');
    const properties = securedKafkaProperties(
      { listen: plain, advertised: plain, login, mutual, controller, dataDirectory },
      { ca: this.authority.ca, keyAndCert, passwords },
    );
    const broker = await startBroker({ directory, properties, address: plain, passwords });
    this.#started.push(broker);
    return Object.assign(broker, { plain, login, mutual });
  }

  async redis(): Promise<SecuredRedis> {
    const directory = await makeServerDirectory('redis');
    const [plain, tls] = await Promise.all([freePort(), freePort()]);
    const { cert, key } = this.authority.issue('redis');
    const secured = ['--tls-port', `${tls}`, '--tls-cert-file', cert, '--tls-key-file', key];
    const trust = ['--tls-ca-cert-file', this.authority.ca, '--tls-auth-clients', 'optional'];
    const args = ['--bind', host, '--dir', directory, ...redisArguments(plain), ...secured, ...trust];
    const adminUrl = `redis://${host}:${plain}`;
    const answers = () => redisAnswers(adminUrl);
    const server = await NativeServer.started({ command: 'redis-server', args, directory, answers });
    this.#started.push(server);
    return Object.assign(server, { adminUrl, address: `${host}:${tls}` });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((server) => server.stop()));
  }
}

/** Why there are no secured servers here, if so. */
export function whyNotSecured(): string | undefined {
  const { provider, missing } = announcedProvision();
  if (provider !== 'native')
    return 'secured servers run as native processes only: HAPROXYSTATS_TEST_PROVIDER=native';
  return missing.kafka ?? missing.redis ?? opensslFault();
}

function opensslFault(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return `no openssl: ${(error as Error).message}`;
  }
}

async function addresses(): Promise<[string, string, string, string]> {
  const address = async (): Promise<string> => `${host}:${await freePort()}`;
  return [await address(), await address(), await address(), await address()];
}

function concatenated({ cert, key }: Identity): string {
  return readFileSync(key, 'utf8') + readFileSync(cert, 'utf8');
}
