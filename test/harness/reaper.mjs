/**
 * Ends what a test run leaves behind, however it ends: waits until the other end of its standard input closes, then
 * kills every process named by a file `pid` one level below the directory it is given, and removes that directory.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [, , runDirectory] = process.argv;
process.stdin.resume().once('end', () => {
  for (const pid of readdirSync(runDirectory).flatMap(pidOf)) kill(pid);
  rmSync(runDirectory, { recursive: true, force: true, maxRetries: 5 });
});

function pidOf(serverDirectory) {
  try {
    return [Number(readFileSync(join(runDirectory, serverDirectory, 'pid'), 'utf8'))];
  } catch (error) {
    if (error.code === 'ENOENT') return [];
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
