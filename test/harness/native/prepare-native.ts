import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Provision } from '../provision';
import { serverKinds, type ServerKind } from '../servers';
import { fetchKafkaJars, haveKafkaJars } from './kafka-jars';

const run = promisify(execFile);
const installer = join(__dirname, '..', '..', '..', 'scripts', 'debian-packages.mjs');
/** Kafka 4's own bar. */
const oldestJava = 17;

const commands: Record<ServerKind, readonly string[]> = {
  kafka: ['java'],
  redis: ['redis-server'],
  haproxy: ['haproxy'],
  carbon: ['carbon-cache'],
};

/** Installs and fetches what the native servers need; says of each kind that cannot be had why. */
export async function prepareNative(): Promise<Provision['missing']> {
  reachSystemCommands();
  const installFault = await installPackages();
  const missing: Partial<Record<ServerKind, string>> = {};
  for (const kind of serverKinds) {
    const absent = commands[kind].filter((command) => !isOnPath(command));
    if (absent.length > 0) missing[kind] = installFault ?? `${absent.join(', ')} is not on the PATH`;
  }
  if (!missing.kafka) {
    const fault = (await javaFault()) ?? (await jarsFault(installFault));
    if (fault) missing.kafka = fault;
  }
  return missing;
}

/** HAProxy is in a directory that only root has on its PATH. */
function reachSystemCommands(): void {
  process.env['PATH'] = [process.env['PATH'], '/usr/local/sbin', '/usr/sbin'].join(delimiter);
}

/** What kept packages from being installed. Maven serves only to fetch Kafka's jars. */
async function installPackages(): Promise<string | undefined> {
  const wanted = [...Object.values(commands).flat(), ...(haveKafkaJars() ? [] : ['mvn'])];
  return faultOf(run(process.execPath, [installer, ...wanted]));
}

async function javaFault(): Promise<string | undefined> {
  const { stderr } = await run('java', ['-version']);
  const version = Number(/version "(\d+)/.exec(stderr)?.[1]);
  return version >= oldestJava ? undefined : `Kafka needs Java ${oldestJava} or newer, this is ${version}`;
}

async function jarsFault(installFault: string | undefined): Promise<string | undefined> {
  if (!haveKafkaJars() && !isOnPath('mvn')) return installFault ?? 'mvn is not on the PATH';
  const fault = await faultOf(fetchKafkaJars());
  return fault && `Maven cannot fetch Kafka's jars: ${fault}`;
}

/** The first line of what a command that failed has printed. */
async function faultOf(command: Promise<unknown>): Promise<string | undefined> {
  try {
    await command;
    return undefined;
  } catch (error) {
    const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string };
    return (stderr?.trim() || stdout?.trim() || message).split('\n')[0];
  }
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
