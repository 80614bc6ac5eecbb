import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Missing } from '../provision';
import { serverKinds, type ServerKind } from '../servers';
import { fetchKafkaJars, haveKafkaJars } from './kafka-jars';
import { fetchRegistry, haveRegistry } from './registry';

const run = promisify(execFile);
const installer = join(__dirname, '..', '..', '..', 'scripts', 'debian-packages.mjs');
/** The bar of Kafka 4 and of the registry. */
const oldestJava = 17;

const commands: Record<ServerKind, readonly string[]> = {
  kafka: ['java'],
  redis: ['redis-server'],
  haproxy: ['haproxy'],
  carbon: ['carbon-cache'],
  registry: ['java'],
};

/** What Maven fetches, for which kind of server. */
const fetched = {
  kafka: { isThere: haveKafkaJars, fetch: fetchKafkaJars },
  registry: { isThere: haveRegistry, fetch: fetchRegistry },
} as const;
type FetchedKind = keyof typeof fetched;

/** Installs and fetches what native servers of these kinds need; says of each kind that cannot be had why. */
export async function prepareNative(kinds: readonly ServerKind[] = serverKinds): Promise<Missing> {
  reachSystemCommands();
  const installFault = await installPackages(kinds);
  const missing: Missing = {};
  for (const kind of kinds) {
    const absent = commands[kind].filter((command) => !isOnPath(command));
    const absence = installFault ?? `${absent.join(', ')} is not on the PATH`;
    const fault = absent.length > 0 ? absence : await fetchFault(kind, installFault);
    if (fault !== undefined) missing[kind] = fault;
  }
  return missing;
}

/** HAProxy is in a directory that only root has on its PATH. */
function reachSystemCommands(): void {
  process.env['PATH'] = [process.env['PATH'], '/usr/local/sbin', '/usr/sbin'].join(delimiter);
}

/** What kept packages from being installed. Maven serves only to fetch what is not there yet. */
async function installPackages(kinds: readonly ServerKind[]): Promise<string | undefined> {
  const wanted = new Set(kinds.flatMap((kind) => commands[kind]));
  if (kinds.some((kind) => isFetched(kind) && !fetched[kind].isThere())) wanted.add('mvn');
  return faultOf(run(process.execPath, [installer, ...wanted]));
}

function isFetched(kind: ServerKind): kind is FetchedKind {
  return kind in fetched;
}

async function fetchFault(kind: ServerKind, installFault: string | undefined): Promise<string | undefined> {
  if (!isFetched(kind)) return undefined;
  const { isThere, fetch } = fetched[kind];
  const javaIsOld = await javaFault();
  if (javaIsOld !== undefined) return javaIsOld;
  if (!isThere() && !isOnPath('mvn')) return installFault ?? 'mvn is not on the PATH';
  const fault = await faultOf(fetch());
  return fault && `Maven cannot fetch what ${kind} needs: ${fault}`;
}

async function javaFault(): Promise<string | undefined> {
  const { stderr } = await run('java', ['-version']);
  const version = Number(/version "(\d+)/.exec(stderr)?.[1]);
  return version >= oldestJava ? undefined : `Java ${oldestJava} or newer is needed, this is ${version}`;
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
