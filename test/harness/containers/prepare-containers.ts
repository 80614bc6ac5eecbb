import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { Provision } from '../provision';
import { containerKinds, images, type ContainerKind } from './images';

const pullsWithinMs = 5 * 60_000;

/** Pulls what is not here yet; says of each kind that cannot be had why. */
export async function prepareContainers(): Promise<Provision['missing']> {
  const fault =
    process.platform === 'linux' ? undefined : 'sockets of containers can be reached on Linux only';
  const client = fault ?? (await engine());
  if (typeof client === 'string') return Object.fromEntries(containerKinds.map((kind) => [kind, client]));
  const faults = await Promise.all(
    containerKinds.map(async (kind) => [kind, await imageFault(client, kind)] as const),
  );
  return Object.fromEntries(faults.filter(([, imageFault]) => imageFault !== undefined));
}

/** The engine, once the reaper runs that removes the containers of a run that died; or what is the matter. */
async function engine(): Promise<ContainerRuntimeClient | string> {
  const { getContainerRuntimeClient, getReaper } = await import('testcontainers');
  let client: ContainerRuntimeClient;
  try {
    client = await getContainerRuntimeClient();
  } catch {
    return 'no Docker engine answers';
  }
  try {
    await getReaper(client);
    return client;
  } catch (error) {
    return `the container that cleans up after testcontainers does not start: ${messageOf(error)}`;
  }
}

async function imageFault(client: ContainerRuntimeClient, kind: ContainerKind): Promise<string | undefined> {
  const { ImageName } = await import('testcontainers');
  const image = ImageName.fromString(images[kind]);
  const tooLate = new AbortController();
  try {
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
