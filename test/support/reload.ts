import { once } from 'node:events';
import { connect } from 'node:net';
import { askHAProxy, eventually } from '../harness';

/** A new worker is slow to start where other tests keep every core busy. */
const patience = { withinMs: 60_000, everyMs: 200 };

/** Tells the master to reload, and waits until a new worker answers on the stats socket. Answers the pid of the old one. Rejects where none does. */
export async function reload({ master, stats }: { master: string; stats: string }): Promise<string> {
  const before = await pidOf(stats);
  const asked = connect(master);
  // Not ended by us: the master starts itself anew, which closes the connection.
  asked.write('reload\n');
  await once(asked.resume(), 'close');
  await eventually(async () => {
    if ((await pidOf(stats)) === before) throw new Error(`worker ${before} still answers: no reload`);
  }, patience);
  return before;
}

async function pidOf(stats: string): Promise<string> {
  const pid = /^Pid: (\d+)$/m.exec(await askHAProxy(stats, 'show info'))?.[1];
  if (pid === undefined) throw new Error(`${stats}: 'show info' tells no Pid`);
  return pid;
}
