import { join } from 'node:path';
import { freePort } from '../../harness';
import { NativeServer } from '../../harness/native/native-server';
import { makeServerDirectory } from '../../harness/run-directory';
import { mains, ownEnvironment, Program } from '../../support/program';
import { configureProcessor, configurePuller, type ProcessorPlace, type PullerPlace } from './configurations';
import { Part } from './part';

const skewedClock = join(__dirname, 'skewed-clock.cjs');
const root = join(__dirname, '../../..');

/** A puller of its own node, with its spool in `spool` and its clock in the file `clock`; resolves when it answers. */
export async function startPuller({
  clock,
  ...place
}: Omit<PullerPlace, 'statusPort' | 'directory'> & {
  readonly clock: string;
}): Promise<Part> {
  const directory = await makeServerDirectory('puller');
  const statusPort = await freePort();
  const file = await configurePuller({ ...place, directory, statusPort });
  const args = ['--require', skewedClock, join(root, mains.pull), '-f', file];
  const env = { ...ownEnvironment(), CHAOS_CLOCK: clock };
  return new Part('puller', place.node, await started({ directory, statusPort, args, env }));
}

/** A processor with the roles of nodes, but for the local store where it has no directory for one. */
export async function startProcessor(
  name: string,
  place: Omit<ProcessorPlace, 'statusPort' | 'directory'>,
): Promise<Part> {
  const directory = await makeServerDirectory('processor');
  const statusPort = await freePort();
  const file = await configureProcessor({ ...place, directory, statusPort });
  const args = [join(root, mains.process), '-f', file];
  const server = await started({ directory, statusPort, args, env: ownEnvironment() });
  return new Part('processor', name, server);
}

interface OurProgram {
  readonly directory: string;
  readonly statusPort: number;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

function started({ statusPort, ...program }: OurProgram): Promise<NativeServer> {
  return NativeServer.started({
    ...program,
    command: process.execPath,
    answers: () => answers(`http://127.0.0.1:${statusPort}/healthz`),
  });
}

async function answers(url: string): Promise<void> {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  if (status !== 200) throw new Error(`${url}: status ${status}`);
}

/** Makes the topics. */
export async function makeTopics(brokers: readonly string[]): Promise<void> {
  const directory = await makeServerDirectory('topics');
  const file = await configureProcessor({
    ...{ directory, statusPort: 0, brokers },
    ...{ redisPort: 1, relayPort: 1 },
  });
  const topics = Program.start('haproxystats', 'topics', '-f', file);
  if ((await topics.exited) !== 0) throw new Error(`the topics cannot be made: ${topics.tail()}`);
}
