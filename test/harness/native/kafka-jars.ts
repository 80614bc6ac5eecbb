import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaVersion } from '../kafka-properties';

const run = promisify(execFile);
const pom = join(__dirname, '..', 'kafka', 'pom.xml');
const timeoutMs = 15 * 60_000;

/** Where the broker's jars are kept between test runs. */
export const kafkaJars = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'haproxystats',
  `kafka-${kafkaVersion}`,
);

export const haveKafkaJars = (): boolean => existsSync(kafkaJars);

/** Fetches the jars with Maven; the directory appears whole or not at all. */
export async function fetchKafkaJars(): Promise<void> {
  if (haveKafkaJars()) return;
  const cache = dirname(kafkaJars);
  await mkdir(cache, { recursive: true });
  const part = await mkdtemp(join(cache, 'part-'));
  try {
    const settings = [
      `-Dkafka.version=${kafkaVersion}`,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${part}`,
    ];
    const args = ['--quiet', '--batch-mode', '--file', pom, 'dependency:copy-dependencies', ...settings];
    await run('mvn', args, { timeout: timeoutMs });
    await rename(part, kafkaJars);
  } catch (error) {
    await rm(part, { recursive: true });
    // Two runs at the same time: the other one's jars are as good.
    if (!haveKafkaJars()) throw error;
  }
}
