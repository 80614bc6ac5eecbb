import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kafkaAnswers, redisAnswers } from '../answers';
import { configureBroker, type BrokerOptions } from '../kafka-broker';
import { redisArguments, redisUrl, type RedisOptions } from '../redis-arguments';
import type { ServerKind } from '../servers';
import { newContainer, ownUser } from './container';
import { ContainerServer } from './container-server';

/** Of the image apache/kafka. */
const kafkaJars = '/opt/kafka/libs';

/** A Kafka broker in a container. Its storage is formatted here: the image's own start-up knows no users. */
export async function startBrokerContainer(options: BrokerOptions): Promise<ContainerServer> {
  const { directory, address, reads = [] } = options;
  const { format, serve } = await configureBroker(options, kafkaJars);
  const script = join(directory, 'start.sh');
  const formatted = join(options.properties['log.dirs']!, 'meta.properties');
  await writeFile(
    script,
    `set -e\n[ -e ${quoted(formatted)} ] || ${commandLine(['java', ...format])}\nexec ${commandLine(['java', ...serve])}\n`,
  );
  return start('kafka', {
    command: ['sh', script],
    directory,
    reads,
    answers: () => kafkaAnswers(address),
  });
}

/** Redis in a container. */
export function startRedisContainer(options: RedisOptions): Promise<ContainerServer> {
  const { directory, reads = [] } = options;
  const command = ['redis-server', ...redisArguments(options)];
  return start('redis', { command, directory, reads, answers: () => redisAnswers(redisUrl(options)) });
}

interface LikeAProcess {
  readonly command: string[];
  readonly directory: string;
  readonly reads: readonly string[];
  readonly answers: () => Promise<void>;
}

/** As it would run on this machine: the same network, user and paths. */
async function start(kind: ServerKind, program: LikeAProcess): Promise<ContainerServer> {
  const { command, directory, reads, answers } = program;
  const container = (await newContainer(kind))
    .withEntrypoint(command)
    .withCommand([])
    .withUser(ownUser())
    .withNetworkMode('host')
    .withBindMounts([
      { source: directory, target: directory, mode: 'rw' },
      ...reads.map((path) => ({ source: path, target: path, mode: 'ro' as const })),
    ]);
  return ContainerServer.started({ container, directory, answers });
}

function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
