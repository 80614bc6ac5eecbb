import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { carbonAnswers, haproxyAnswers } from '../answers';
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
import { startBroker } from './broker';
import { NativeServer } from './native-server';
import { startRedis } from './redis';
import { startRegistry } from './registry';

const host = '127.0.0.1';

/** Servers as processes of this machine, out of Debian's packages and Kafka's jars. */
export class NativeServers implements Servers {
  async kafka(): Promise<KafkaServer> {
    const options = await plainBroker();
    return Object.assign(await startBroker(options), { brokers: [options.address] });
  }

  async redis(): Promise<NativeServer & RedisServer> {
    const options = { directory: await makeServerDirectory('redis'), port: await freePort() };
    return Object.assign(await startRedis(options), { url: redisUrl(options) });
  }

  async haproxy(options: HAProxyOptions): Promise<HAProxyServer> {
    const sockets = statsSocketPaths(options.config);
    const directory = await makeServerDirectory('haproxy');
    const file = join(directory, 'haproxy.cfg');
    await writeFile(file, options.config);
    const args = ['-db', '-f', file, ...(options.args ?? [])];
    const server = await NativeServer.started({
      command: 'haproxy',
      args,
      directory,
      answers: () => haproxyAnswers(sockets),
    });
    return Object.assign(server, { sockets });
  }

  async carbon(): Promise<CarbonServer> {
    const directory = await makeServerDirectory('carbon');
    const whisperDirectory = join(directory, 'whisper');
    const [port, cacheQueryPort] = await Promise.all([freePort(), freePort()]);
    await mkdir(whisperDirectory);
    await writeFile(join(directory, 'storage-schemas.conf'), storageSchemasConf);
    const file = join(directory, 'carbon.conf');
    await writeFile(
      file,
      carbonConf({
        interface: host,
        port,
        cacheQueryPort,
        pickleReceiverPort: 0,
        configDirectory: directory,
        storageDirectory: directory,
        whisperDirectory,
      }),
    );
    const args = [`--config=${file}`, '--nodaemon', 'start'];
    const answers = () => carbonAnswers(host, port);
    const server = await NativeServer.started({ command: 'carbon-cache', args, directory, answers });
    const stored = new WhisperDirectory(whisperDirectory);
    return Object.assign(server, { host, port, ...carbonStore({ host, cacheQueryPort }, stored) });
  }

  registry(): Promise<RegistryServer> {
    return startRegistry();
  }
}
