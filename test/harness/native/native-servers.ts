import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { carbonAnswers, haproxyAnswers, redisAnswers } from '../answers';
import { carbonConf, storageSchemasConf } from '../carbon-conf';
import { freePort } from '../free-port';
import { statsSocketPaths } from '../haproxy-sockets';
import { kafkaProperties } from '../kafka-properties';
import { redisArguments } from '../redis-arguments';
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
import { startRegistry } from './registry';
import { makeServerDirectory } from '../run-directory';

const host = '127.0.0.1';
/** Servers as processes of this machine, out of Debian's packages and Kafka's jars. */
export class NativeServers implements Servers {
  async kafka(): Promise<KafkaServer> {
    const directory = await makeServerDirectory('kafka');
    const address = `${host}:${await freePort()}`;
    const properties = kafkaProperties({
      listen: address,
      advertised: address,
      controller: `${host}:${await freePort()}`,
      dataDirectory: join(directory, 'data'),
    });
    const server = await startBroker({ directory, properties, address });
    return Object.assign(server, { brokers: [address] });
  }

  async redis(): Promise<NativeServer & RedisServer> {
    const directory = await makeServerDirectory('redis');
    const port = await freePort();
    const url = `redis://${host}:${port}`;
    const args = ['--bind', host, '--dir', directory, ...redisArguments(port)];
    const server = await NativeServer.started({
      command: 'redis-server',
      args,
      directory,
      answers: () => redisAnswers(url),
    });
    return Object.assign(server, { url });
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
    const port = await freePort();
    await mkdir(whisperDirectory);
    await writeFile(join(directory, 'storage-schemas.conf'), storageSchemasConf);
    const file = join(directory, 'carbon.conf');
    const other = { interface: host, cacheQueryPort: 0, pickleReceiverPort: 0 };
    await writeFile(
      file,
      carbonConf({
        ...other,
        port,
        configDirectory: directory,
        storageDirectory: directory,
        whisperDirectory,
      }),
    );
    const args = [`--config=${file}`, '--nodaemon', 'start'];
    const answers = () => carbonAnswers(host, port);
    const server = await NativeServer.started({ command: 'carbon-cache', args, directory, answers });
    const stored = new WhisperDirectory(whisperDirectory);
    const paths = () => stored.paths();
    return Object.assign(server, { host, port, paths, points: (path: string) => stored.points(path) });
  }

  registry(): Promise<RegistryServer> {
    return startRegistry();
  }
}
