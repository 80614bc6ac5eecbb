import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../harness';
import { NativeServer } from '../../harness/native/native-server';
import { makeServerDirectory } from '../../harness/run-directory';
import { mains, ownEnvironment } from '../../support/program';
import { configureProcessor, configurePuller, type ProcessorPlace, type PullerPlace } from './configurations';
import { Part } from './part';

const root = join(__dirname, '../../..');

/** A puller of its own node, with its spool in `spool`; resolves when it answers. */
export async function startPuller(place: Omit<PullerPlace, 'statusPort' | 'directory'>): Promise<Part> {
  const directory = await makeServerDirectory('puller');
  const statusPort = await freePort();
  const file = await configurePuller({ ...place, directory, statusPort });
  return new Part('puller', place.node, await started(directory, statusPort, [mains.pull, '-f', file]));
}

/** A processor with all roles, and the directory of its local store. */
export async function startProcessor(
  name: string,
  place: Pick<ProcessorPlace, 'brokers' | 'redisPort' | 'relayPort'>,
): Promise<{ part: Part; store: string }> {
  const directory = await makeServerDirectory('processor');
  const statusPort = await freePort();
  const store = join(directory, 'store');
  await mkdir(store);
  const file = await configureProcessor({ ...place, directory, statusPort, store });
  const server = await started(directory, statusPort, [mains.process, '-f', file]);
  return { part: new Part('processor', name, server), store };
}

function started(directory: string, statusPort: number, [main, ...args]: string[]): Promise<NativeServer> {
  return NativeServer.started({
    command: process.execPath,
    args: [join(root, main!), ...args],
    directory,
    env: ownEnvironment(),
    answers: () => answers(`http://127.0.0.1:${statusPort}/healthz`),
  });
}

async function answers(url: string): Promise<void> {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  if (status !== 200) throw new Error(`${url}: status ${status}`);
}
