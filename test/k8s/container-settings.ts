import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { validateKafka, validateRegistry } from '@haproxystats/messaging';
import { processProgram } from '@haproxystats/processor';
import { pullProgram } from '@haproxystats/puller';
import { defaultFile, loadSettings, type Settings, type Validator } from '@haproxystats/runtime';
import { replayValidators } from '../../apps/haproxystats/src/commands/replay';
import { named, type Container, type Manifests, type Mount, type SecretKey } from './manifests';
import type { Workload } from './workloads';

/** Our programs by their commands, and what each asks of its settings before it starts. */
const programs: Readonly<Record<string, readonly Validator[]>> = {
  'haproxystats-pull': pullProgram.validators,
  'haproxystats-process': processProgram.validators,
  'haproxystats topics': [validateKafka],
  'haproxystats schemas register': [validateRegistry],
  // The commands that are typed there.
  'sleep infinity': [validateKafka, ...replayValidators(undefined)],
};

/** What a container of ours makes of its files and its environment. */
export interface ContainerSettings {
  readonly program: string;
  readonly settings: Settings;
  /** Warnings too: nothing of what is shipped should need one. */
  readonly faults: readonly string[];
}

export interface Surroundings {
  readonly workload: Workload;
  /** ConfigMaps and Secrets, those too that somebody else brings. */
  readonly manifests: Manifests;
  /** A certificate, to stand in for those of the site. */
  readonly ca: string;
}

/** Loads them as the program does, from a directory that has the files where the container has them. */
export function settingsOf(container: Container, surroundings: Surroundings): ContainerSettings {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-container-'));
  try {
    return load(container, surroundings, directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function load(container: Container, surroundings: Surroundings, directory: string): ContainerSettings {
  const { command = [], volumeMounts: mounts = [] } = container;
  const [program, file] = split(command);
  const moved = (text: string): string => inDirectory(text, mounts, directory);
  for (const mount of mounts) mountIn(directory, { mount, surroundings, moved });
  const env = {
    HAPROXYSTATS_PATHS_BASE_DIR: join(directory, 'var/lib/haproxystats'),
    ...Object.fromEntries(variables(container, surroundings).map(([name, value]) => [name, moved(value)])),
  };
  const validators = programs[program];
  if (!validators) throw new Error(`${container.name}: '${program}' is no program of ours`);
  const loaded = loadSettings({ file: moved(file), env, hostname: 'pod', validators });
  const said = [...loaded.faults, ...loaded.warnings].map((fault) => `${fault.file}: ${fault.message}`);
  return {
    program,
    settings: loaded.settings,
    faults: said.map((fault) => fault.replaceAll(directory, '')),
  };
}

/** `haproxystats topics -f FILE` -> program and file; that of all programs where none is named. */
function split(command: readonly string[]): [program: string, file: string] {
  const at = command.indexOf('-f');
  if (at < 0) return [command.join(' '), defaultFile];
  return [command.slice(0, at).join(' '), command[at + 1] ?? ''];
}

/** Paths below a mount lie in the directory. */
function inDirectory(text: string, mounts: readonly Mount[], directory: string): string {
  const paths = mounts.map(({ mountPath }) => mountPath.replaceAll('.', '\\.'));
  return paths.length === 0
    ? text
    : text.replace(new RegExp(`(?<![\\w/])(${paths.join('|')})(?=[/\\s]|$)`, 'g'), `${directory}$1`);
}

interface Mounting {
  readonly mount: Mount;
  readonly surroundings: Surroundings;
  readonly moved: (text: string) => string;
}

function mountIn(directory: string, { mount, surroundings, moved }: Mounting): void {
  const path = join(directory, mount.mountPath);
  const files = Object.entries(contentOf(mount, surroundings))
    .filter(([name]) => name === (mount.subPath ?? name))
    .map(([name, text]) => [mount.subPath ? path : join(path, name), moved(text)] as const);
  mkdirSync(mount.subPath ? dirname(path) : path, { recursive: true });
  for (const [file, text] of files) writeFileSync(file, text);
}

/** Nothing, for volumes that begin empty. */
function contentOf(
  mount: Mount,
  { workload, manifests, ca }: Surroundings,
): Readonly<Record<string, string>> {
  const { namespace, pod } = workload;
  const volume = pod.volumes?.find(({ name }) => name === mount.name);
  const config =
    volume?.configMap && named(manifests, 'ConfigMap', { namespace, name: volume.configMap.name });
  if (config) return config.data ?? {};
  const secret = volume?.secret && named(manifests, 'Secret', { namespace, name: volume.secret.secretName });
  const values = Object.entries(secret?.data ?? {});
  return Object.fromEntries(values.map(([key, value]) => [key, key === 'ca.crt' ? ca : decoded(value)]));
}

function variables(
  { env = [] }: Container,
  { workload, manifests }: Surroundings,
): (readonly [name: string, value: string])[] {
  const secretOf = ({ name, key }: SecretKey): string => {
    const found = named(manifests, 'Secret', { namespace: workload.namespace, name });
    return decoded(found?.data?.[key] ?? '');
  };
  return env.map(({ name, value, valueFrom }) => {
    const { secretKeyRef, fieldRef } = valueFrom ?? {};
    const given = secretKeyRef ? secretOf(secretKeyRef) : ofDownwardApi(fieldRef?.fieldPath, workload);
    return [name, value ?? given];
  });
}

/** A label of the pod; whatever else is asked for is a name. */
function ofDownwardApi(path = '', { labels }: Workload): string {
  const label = /^metadata\.labels\['(.+)'\]$/.exec(path)?.[1];
  return label === undefined ? 'node-1.example.org' : (labels[label] ?? '');
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
