import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { Missing } from '../provision';
import { serverKinds } from '../servers';
import { images, reaperImage } from './images';
import { sharingFault } from './sharing';

const pullsWithinMs = 5 * 60_000;

type Say = (message: string) => void;

/** Pulls what is not here yet, and tells of it; says of each kind that cannot be had why. */
export async function prepareContainers(say: Say): Promise<Missing> {
  const fault =
    process.platform === 'linux' ? undefined : 'sockets of containers can be reached on Linux only';
  const client = fault ?? (await engine(say));
  if (typeof client === 'string') return withoutAny(client);
  const faults = await Promise.all(
    serverKinds.map(async (kind) => [kind, await imageFault(client, images[kind], say)] as const),
  );
  const missing = Object.fromEntries(faults.filter(([, imageFault]) => imageFault !== undefined));
  const apart = missing.redis === undefined ? await sharingFault() : undefined;
  return apart === undefined ? missing : withoutAny(apart);
}

function withoutAny(fault: string): Missing {
  return Object.fromEntries(serverKinds.map((kind) => [kind, fault]));
}

/** The engine, once the reaper runs that removes the containers of a run that died; or what is the matter. */
async function engine(say: Say): Promise<ContainerRuntimeClient | string> {
  const { getContainerRuntimeClient, getReaper } = await import('testcontainers');
  let client: ContainerRuntimeClient;
  try {
    client = await getContainerRuntimeClient();
  } catch {
    return 'no Docker engine answers';
  }
  // Read by testcontainers, here and in jest's workers.
  const reaper = (process.env['RYUK_CONTAINER_IMAGE'] ||= reaperImage);
  const fault = await imageFault(client, reaper, say);
  if (fault !== undefined) return fault;
  try {
    await getReaper(client);
    return client;
  } catch (error) {
    return `the container that cleans up after testcontainers does not start: ${messageOf(error)}`;
  }
}

async function imageFault(
  client: ContainerRuntimeClient,
  name: string,
  say: Say,
): Promise<string | undefined> {
  const { ImageName } = await import('testcontainers');
  const image = ImageName.fromString(name);
  const tooLate = new AbortController();
  try {
    if (await client.image.exists(image)) return undefined;
    say(`pulling ${image.string}`);
    const pulled = client.image.pull(image).then(() => true);
    const inTime = await Promise.race([pulled, sleep(pullsWithinMs, false, { signal: tooLate.signal })]);
    if (!inTime) return `${image.string}: not pulled within ${pullsWithinMs / 60_000} minutes`;
    return (await client.image.exists(image)) ? undefined : `${image.string} cannot be pulled`;
  } catch (error) {
    return `${image.string} cannot be pulled: ${messageOf(error)}`;
  } finally {
    tooLate.abort();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
