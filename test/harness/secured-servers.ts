import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Authority, Identity } from '../support/certificates';
import { startBrokerContainer, startRedisContainer } from './containers/like-processes';
import { freePort } from './free-port';
import { loopbackAddress } from './kafka-broker';
import { securedKafkaProperties } from './kafka-properties';
import { startBroker } from './native/broker';
import { startRedis } from './native/redis';
import { announcedProvision } from './provision';
import { redisHost, redisUrl } from './redis-arguments';
import { makeServerDirectory } from './run-directory';
import type { Server } from './servers';

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
    const { ca } = this.authority;
    const properties = securedKafkaProperties(
      { listen: plain, advertised: plain, login, mutual, controller, dataDirectory },
      { ca, keyAndCert, passwords },
    );
    const options = { directory, properties, address: plain, passwords, reads: [dirname(ca)] };
    const broker = await (inContainers() ? startBrokerContainer(options) : startBroker(options));
    this.#started.push(broker);
    return Object.assign(broker, { plain, login, mutual });
  }

  async redis(): Promise<SecuredRedis> {
    const directory = await makeServerDirectory('redis');
    const [port, tls] = await Promise.all([freePort(), freePort()]);
    const { cert, key } = this.authority.issue('redis');
    const { ca } = this.authority;
    const secured = ['--tls-port', `${tls}`, '--tls-cert-file', cert, '--tls-key-file', key];
    const trust = ['--tls-ca-cert-file', ca, '--tls-auth-clients', 'optional'];
    const options = { directory, port, more: [...secured, ...trust], reads: [dirname(ca), dirname(cert)] };
    const server = await (inContainers() ? startRedisContainer(options) : startRedis(options));
    this.#started.push(server);
    return Object.assign(server, { adminUrl: redisUrl(options), address: `${redisHost}:${tls}` });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((server) => server.stop()));
  }
}

/** Why there are no secured servers here, if so. */
export function whyNotSecured(): string | undefined {
  const { missing } = announcedProvision();
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

const inContainers = (): boolean => announcedProvision().provider === 'containers';

async function addresses(): Promise<[string, string, string, string]> {
  return [await loopbackAddress(), await loopbackAddress(), await loopbackAddress(), await loopbackAddress()];
}

function concatenated({ cert, key }: Identity): string {
  return readFileSync(key, 'utf8') + readFileSync(cert, 'utf8');
}
