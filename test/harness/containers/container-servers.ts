import { chmod } from 'node:fs/promises';
import { carbonAnswers, haproxyAnswers, kafkaAnswers, redisAnswers } from '../answers';
import { carbonConf, storageSchemasConf } from '../carbon-conf';
import { freePort } from '../free-port';
import { statsSocketPaths } from '../haproxy-sockets';
import { kafkaProperties } from '../kafka-properties';
import { redisArguments } from '../redis-arguments';
import { startRegistry } from '../native/registry';
import { makeServerDirectory } from '../run-directory';
import type {
  CarbonServer,
  HAProxyOptions,
  HAProxyServer,
  KafkaServer,
  RedisServer,
  RegistryServer,
  Servers,
} from '../servers';
import { WhisperDirectory } from '../whisper';
import { ContainerServer } from './container-server';
import { images } from './images';

const host = '127.0.0.1';

/** Servers as containers. Ports of the host are chosen here: one that the engine chooses changes with every start. */
export class ContainerServers implements Servers {
  async kafka(): Promise<KafkaServer> {
    const port = await freePort();
    const address = `${host}:${port}`;
    const properties = kafkaProperties({
      listen: '0.0.0.0:9092',
      advertised: address,
      controller: `${host}:9093`,
      dataDirectory: '/var/lib/kafka/data',
    });
    const container = (await image('kafka'))
      .withEnvironment({ ...kafkaEnvironment(properties), KAFKA_HEAP_OPTS: '-Xmx512m' })
      .withExposedPorts({ container: 9092, host: port });
    const server = await ContainerServer.started({ container, answers: () => kafkaAnswers(address) });
    return Object.assign(server, { brokers: [address] });
  }

  async redis(): Promise<RedisServer> {
    const port = await freePort();
    const url = `redis://${host}:${port}`;
    const container = (await image('redis'))
      .withCommand(['redis-server', ...redisArguments(6379), '--protected-mode', 'no'])
      .withExposedPorts({ container: 6379, host: port });
    const server = await ContainerServer.started({ container, answers: () => redisAnswers(url) });
    return Object.assign(server, { url });
  }

  /** On the host's network, so that several processes can share a port, and as this process's user, who owns the sockets. */
  async haproxy({ config, directory, args = [] }: HAProxyOptions): Promise<HAProxyServer> {
    const sockets = statsSocketPaths(config);
    const file = '/usr/local/etc/haproxy/haproxy.cfg';
    const container = (await image('haproxy'))
      .withEntrypoint(['haproxy', '-db', '-f', file, ...args])
      .withCommand([])
      .withUser(`${process.getuid!()}:${process.getgid!()}`)
      .withNetworkMode('host')
      .withCopyContentToContainer([{ content: config, target: file }])
      .withBindMounts([{ source: directory, target: directory, mode: 'rw' }]);
    const server = await ContainerServer.started({ container, answers: () => haproxyAnswers(sockets) });
    return Object.assign(server, { sockets });
  }

  async carbon(): Promise<CarbonServer> {
    const port = await freePort();
    const directory = await makeServerDirectory('carbon');
    // Some images make this directory their own; this process must still be able to enter it.
    await chmod(directory, 0o777);
    const container = (await image('carbon'))
      .withEnvironment({ NGINX_DISABLED: '1', STATSD_DISABLED: '1' })
      .withCopyContentToContainer([
        { content: carbonConf(carbonSettings), target: `${carbonSettings.configDirectory}/carbon.conf` },
        { content: storageSchemasConf, target: `${carbonSettings.configDirectory}/storage-schemas.conf` },
      ])
      .withExposedPorts({ container: carbonSettings.port, host: port });
    const mount = { source: directory, target: carbonSettings.whisperDirectory };
    const server = await ContainerServer.started({
      container,
      mount,
      answers: () => carbonAnswers(host, port),
    });
    const stored = new WhisperDirectory(directory);
    const paths = () => stored.paths();
    return Object.assign(server, { host, port, paths, points: (path: string) => stored.points(path) });
  }

  /** A process of this machine here as well: so no engine needs one more image. */
  registry(): Promise<RegistryServer> {
    return startRegistry();
  }
}

const carbonSettings = {
  interface: '0.0.0.0',
  port: 2003,
  pickleReceiverPort: 2004,
  cacheQueryPort: 7002,
  configDirectory: '/opt/graphite/conf',
  storageDirectory: '/opt/graphite/storage',
  whisperDirectory: '/opt/graphite/storage/whisper',
};

/** Loaded only when a container is wanted: testcontainers takes half a second. */
async function image(kind: keyof typeof images) {
  const { GenericContainer } = await import('testcontainers');
  return new GenericContainer(images[kind]);
}

/** The image's own way of naming properties: `log.dirs` is KAFKA_LOG_DIRS. */
function kafkaEnvironment(properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      `KAFKA_${key.replaceAll('.', '_').toUpperCase()}`,
      value,
    ]),
  );
}
