import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port';
import { kafkaProperties } from './kafka-properties';
import { makeServerDirectory } from './run-directory';

export interface BrokerOptions {
  /** Of this broker alone (makeServerDirectory); its data lie in it. */
  readonly directory: string;
  readonly properties: Readonly<Record<string, string>>;
  /** host:port of its plain listener. */
  readonly address: string;
  /** Users that log in by SCRAM, with their passwords. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** Directories besides its own with files that it reads. */
  readonly reads?: readonly string[];
  /** 512 unless told otherwise. */
  readonly heapMiB?: number;
}

/** Arguments of `java`. */
export interface BrokerCommands {
  /** Prepares the directory of its data, once. */
  readonly format: readonly string[];
  readonly serve: readonly string[];
}

/** A new broker with one plain listener, on loopback. */
export async function plainBroker(): Promise<BrokerOptions> {
  const directory = await makeServerDirectory('kafka');
  const address = await loopbackAddress();
  const properties = kafkaProperties({
    listen: address,
    advertised: address,
    controller: await loopbackAddress(),
    dataDirectory: join(directory, 'data'),
  });
  return { directory, address, properties };
}

/** host:port where nobody listens now. */
export async function loopbackAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`;
}

/** Writes the configuration of a broker whose jars lie in the directory `jars`, of this machine or of an image. */
export async function configureBroker(options: BrokerOptions, jars: string): Promise<BrokerCommands> {
  const { directory, properties, passwords = {}, heapMiB = 512 } = options;
  const file = join(directory, 'server.properties');
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(file, lines.join(''));
  const users = Object.entries(passwords).flatMap(([user, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${user},password=${password}]`,
    ]),
  );
  const java = javaFor(heapMiB, jars);
  return {
    format: [
      ...java,
      'kafka.tools.StorageTool',
      'format',
      '--cluster-id',
      'haproxystats',
      '-c',
      file,
      ...users,
    ],
    serve: [...java, 'kafka.Kafka', file],
  };
}

/** A small heap, and no optimising compiler: what counts is a quick start. */
function javaFor(heapMiB: number, jars: string): string[] {
  return [
    `-Xmx${heapMiB}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.apache.logging.log4j.level=WARN',
    '-cp',
    join(jars, '*'),
  ];
}
