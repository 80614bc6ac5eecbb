import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownUser } from './container';
import { images } from './images';

const ownNetwork = '/proc/self/ns/net';
const apart =
  'containers of this engine share neither network nor files with this machine (it runs elsewhere, or maps users)';

/** What keeps a container from being used like a process of this machine, as all tests use it. */
export async function sharingFault(): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'haproxystats-shared-'));
  try {
    await noteNetwork(directory);
    const seen = await readFile(join(directory, 'network'), 'utf8');
    return seen.trim() === (await readlink(ownNetwork)) ? undefined : apart;
  } catch (error) {
    return `${apart}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Lets a container write into the directory on which network it is. */
async function noteNetwork(directory: string): Promise<void> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(images.redis)
    .withEntrypoint(['sh', '-c', `readlink ${ownNetwork} >"$0"`, join(directory, 'network')])
    .withCommand([])
    .withUser(ownUser())
    .withNetworkMode('host')
    .withBindMounts([{ source: directory, target: directory, mode: 'rw' }])
    .withWaitStrategy(Wait.forOneShotStartup())
    .start();
  await container.stop();
}
