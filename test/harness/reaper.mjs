/**
 * Ends what a test run leaves behind, however it ends: waits until the other end of its standard input closes, then
 * kills every process named by a file `pid` one level below the directory it is given, and removes that directory.
 * Given a label and an image too, it removes the containers whose label has the directory's name, and the image.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , runDirectory, label, image] = process.argv;
process.stdin.resume().once('end', async () => {
  for (const pid of readdirSync(runDirectory).flatMap(pidOf)) kill(pid);
  try {
    if (label) await removeFromEngine();
  } finally {
    rmSync(runDirectory, { recursive: true, force: true, maxRetries: 5 });
  }
});

function pidOf(serverDirectory) {
  try {
    return [Number(readFileSync(join(runDirectory, serverDirectory, 'pid'), 'utf8'))];
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Looks again after a while: a killed run may have asked for a container that was not there yet. */
async function removeFromEngine() {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const engine = (await getContainerRuntimeClient()).container.dockerode;
  for (const waitMs of [0, 1_000, 3_000]) {
    await sleep(waitMs);
    const filters = { label: [`${label}=${basename(runDirectory)}`] };
    const left = await engine.listContainers({ all: true, filters });
    await Promise.all(left.map(({ Id }) => gone(engine.getContainer(Id).remove({ force: true, v: true }))));
  }
  await gone(engine.getImage(image).remove());
}

/** What is gone already, or is being removed by somebody else, is as good as removed. */
async function gone(removal) {
  try {
    await removal;
  } catch (error) {
    if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
  }
}
