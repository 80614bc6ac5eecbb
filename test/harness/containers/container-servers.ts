import { chmod } from 'node:fs/promises';
import { carbonAnswers, haproxyAnswers, registryAnswers } from '../answers';
import { carbonStore } from '../carbon-store';
import { carbonConf, storageSchemasConf } from '../carbon-conf';
import { freePort } from '../free-port';
import { statsSocketPaths } from '../haproxy-sockets';
import { plainBroker } from '../kafka-broker';
import { redisUrl } from '../redis-arguments';
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
import { newContainer, ownUser } from './container';
import { ContainerServer } from './container-server';
import { startBrokerContainer, startRedisContainer } from './like-processes';

const host = '127.0.0.1';

/** Servers as containers. Ports of the host are chosen here: one that the engine chooses changes with every start. */
export class ContainerServers implements Servers {
  async kafka(): Promise<KafkaServer> {
    const options = await plainBroker();
    return Object.assign(await startBrokerContainer(options), { brokers: [options.address] });
  }

  async redis(): Promise<RedisServer> {
    const options = { directory: await makeServerDirectory('redis'), port: await freePort() };
    return Object.assign(await startRedisContainer(options), { url: redisUrl(options) });
  }

  /** On the host's network, so that several processes can share a port, and as this process's user, who owns the sockets. */
  async haproxy({ config, directory, args = [] }: HAProxyOptions): Promise<HAProxyServer> {
    const sockets = statsSocketPaths(config);
    const file = '/usr/local/etc/haproxy/haproxy.cfg';
    const container = (await newContainer('haproxy'))
      .withEntrypoint(['haproxy', '-db', '-f', file, ...args])
      .withCommand([])
      .withUser(ownUser())
      .withNetworkMode('host')
      .withCopyContentToContainer([{ content: config, target: file }])
      .withBindMounts([{ source: directory, target: directory, mode: 'rw' }]);
    const server = await ContainerServer.started({ container, answers: () => haproxyAnswers(sockets) });
    return Object.assign(server, { sockets });
  }

  async carbon(): Promise<CarbonServer> {
    const [port, cacheQueryPort] = await Promise.all([freePort(), freePort()]);
    const directory = await makeServerDirectory('carbon');
    // Some images make this directory their own; this process must still be able to enter it.
    await chmod(directory, 0o777);
    const container = (await newContainer('carbon'))
      .withEnvironment({ NGINX_DISABLED: '1', STATSD_DISABLED: '1' })
      .withCopyContentToContainer([
        { content: carbonConf(carbonSettings), target: `${carbonSettings.configDirectory}/carbon.conf` },
        { content: storageSchemasConf, target: `${carbonSettings.configDirectory}/storage-schemas.conf` },
      ])
      .withExposedPorts(
        { container: carbonSettings.port, host: port },
        { container: carbonSettings.cacheQueryPort, host: cacheQueryPort },
      );
    const server = await ContainerServer.started({
      container,
      directory,
      foreign: carbonSettings.whisperDirectory,
      answers: () => carbonAnswers(host, port),
    });
    const stored = new WhisperDirectory(directory);
    return Object.assign(server, { host, port, ...carbonStore({ host, cacheQueryPort }, stored) });
  }

  async registry(): Promise<RegistryServer> {
    const port = await freePort();
    const url = `http://${host}:${port}/apis/ccompat/v7`;
    const container = (await newContainer('registry'))
      .withEnvironment({
        JAVA_TOOL_OPTIONS: '-Xmx256m -XX:TieredStopAtLevel=1',
        QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
      })
      .withExposedPorts({ container: registryPort, host: port });
    const server = await ContainerServer.started({ container, answers: () => registryAnswers(url) });
    return Object.assign(server, { url });
  }
}

const registryPort = 8080;
const carbonSettings = {
  interface: '0.0.0.0',
  port: 2003,
  pickleReceiverPort: 2004,
  cacheQueryPort: 7002,
  configDirectory: '/opt/graphite/conf',
  storageDirectory: '/opt/graphite/storage',
  whisperDirectory: '/opt/graphite/storage/whisper',
};
