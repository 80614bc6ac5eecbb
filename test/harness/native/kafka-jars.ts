import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaVersion } from '../kafka-properties';
import { fetchByMaven, cacheDirectory } from './maven';

const pom = join(__dirname, '..', 'kafka', 'pom.xml');

/** Where the broker's jars are kept between test runs. */
export const kafkaJars = join(cacheDirectory, `kafka-${kafkaVersion}`);

export const haveKafkaJars = (): boolean => existsSync(kafkaJars);

export function fetchKafkaJars(): Promise<void> {
  const settings = [`-Dkafka.version=${kafkaVersion}`, '-DincludeScope=runtime'];
  return fetchByMaven(kafkaJars, ['--file', pom, 'dependency:copy-dependencies', ...settings]);
}
