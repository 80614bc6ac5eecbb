import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaAnswers } from '../answers';
import { kafkaJars } from './kafka-jars';
import { NativeServer } from './native-server';

const run = promisify(execFile);
/** A small heap, and no optimising compiler: what counts is a quick start. */
const java = (heapMiB: number): string[] => [
  `-Xmx${heapMiB}m`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.apache.logging.log4j.level=WARN',
  '-cp',
  join(kafkaJars, '*'),
];

export interface BrokerOptions {
  readonly directory: string;
  readonly properties: Readonly<Record<string, string>>;
  /** host:port of its plain listener. */
  readonly address: string;
  /** Users that log in by SCRAM, with their passwords. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** 512 unless told otherwise. */
  readonly heapMiB?: number;
}

/** A Kafka broker, and a controller of its own or of its cluster, as a process. */
export async function startBroker(options: BrokerOptions): Promise<NativeServer> {
  const { directory, properties, address, passwords = {}, heapMiB = 512 } = options;
  const file = join(directory, 'server.properties');
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(file, lines.join(''));
  const users = Object.entries(passwords).flatMap(([user, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${user},password=${password}]`,
    ]),
  );
  const format = ['kafka.tools.StorageTool', 'format', '--cluster-id', 'haproxystats', '-c', file];
  await run('java', [...java(heapMiB), ...format, ...users]);
  const args = [...java(heapMiB), 'kafka.Kafka', file];
  return NativeServer.started({ command: 'java', args, directory, answers: () => kafkaAnswers(address) });
}
