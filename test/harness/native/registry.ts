import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { registryAnswers } from '../answers';
import { freePort } from '../free-port';
import { makeServerDirectory } from '../run-directory';
import type { RegistryServer } from '../servers';
import { fetchByMaven, cacheDirectory } from './maven';
import { NativeServer } from './native-server';

/** The release of Apicurio Registry: of those that Maven can fetch the newest for Java 17. */
const version = '2.6.13.Final';
const distribution = join(cacheDirectory, `apicurio-registry-${version}`);
const jar = join(distribution, `apicurio-registry-app-${version}-runner.jar`);

export const haveRegistry = (): boolean => existsSync(distribution);

export function fetchRegistry(): Promise<void> {
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack';
  const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
  return fetchByMaven(distribution, [goal, `-Dartifact=${artifact}`]);
}

/** Apicurio Registry as a process, with its schemas in memory. */
export async function startRegistry(): Promise<RegistryServer> {
  const directory = await makeServerDirectory('registry');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const properties = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.http.access-log.enabled': false,
    'quarkus.log.level': 'WARN',
    'java.io.tmpdir': directory,
  };
  const args = [
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
    '-jar',
    jar,
  ];
  const server = await NativeServer.started({
    command: 'java',
    args,
    directory,
    answers: () => registryAnswers(url),
  });
  return Object.assign(server, { url });
}
