import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** SIGSTOP; resolves when no thread of the process runs any more: the signal reaches one, which then tells the others. */
export async function stopInItsTracks(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (!(await isStopped(pid))) await pause(1);
}

async function isStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  // One that is just ending is looked for again.
  const stats = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'latin1').catch(() => '')),
  );
  return stats.every((stat) => /\) T/.test(stat));
}
