import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerServers } from '../harness/containers/container-servers';
import { NativeServers } from '../harness/native/native-servers';
import { prepareServers } from '../harness/prepare';
import { makeServerDirectory } from '../harness/run-directory';
import { Program, runProgramsFrom } from './program';

/** What a run that stands still has started. */
export interface Doomed {
  /** Of the run. */
  readonly directory: string;
  readonly redisUrl: string;
}

/**
 * A test run of its own, which starts servers, and a puller where it is given an image of ours; says what it has, and then does nothing
 * until it is killed, or ends without stopping anything when its standard input closes.
 */
async function main(image: string | undefined): Promise<void> {
  const { provider, directory } = await prepareServers();
  const servers = provider === 'containers' ? new ContainerServers() : new NativeServers();
  const { url: redisUrl } = await servers.redis();
  if (image !== undefined) await startPuller(image);
  process.stdin.once('end', () => process.exit()).resume();
  process.stdout.write(`${JSON.stringify({ directory, redisUrl } satisfies Doomed)}\n`);
}

async function startPuller(image: string): Promise<void> {
  const directory = await makeServerDirectory('puller');
  const sockets = join(directory, 'sockets');
  const file = join(directory, 'puller.conf');
  await mkdir(sockets);
  await writeFile(
    file,
    `[paths]\nbase-dir = ${directory}/lib\n[pull]\nsocket-dir = ${sockets}\nstatus-port = 0\n`,
  );
  runProgramsFrom(image);
  const puller = Program.start('pull', '-f', file);
  while (puller.log.length === 0) {
    if (puller.child.exitCode !== null) throw new Error(puller.tail());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
