import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createHash } from 'node:crypto';
import { eventually } from '../../../test/harness/eventually';
import { acquireInstanceLock, InstanceLockError } from './instance-lock';

const unique = (): string => `the test of ${randomUUID()}`;

function addressOf(name: string): string {
  return `\0haproxystats/${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}

/** A process of its own that listens where the lock would, and answers `answer`; nothing when empty. */
async function holdElsewhere(name: string, answer: string): Promise<ChildProcess> {
  const script = `
    const [address, answer] = process.argv.slice(1);
    require('node:net').createServer((socket) => {
      socket.on('error', () => {});
      if (answer) socket.end(answer === 'pid' ? String(process.pid) : answer);
    }).listen('\\0' + address, () => console.log('held'));`;
  const child = spawn(process.execPath, ['-e', script, addressOf(name).slice(1), answer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Its holder has half a second to answer: on a busy machine that may be up before the answer is read. */
function whoHas(name: string, expected: Record<string, unknown>): Promise<void> {
  return eventually(() => expect(acquireInstanceLock(name)).rejects.toMatchObject(expected));
}

describe('acquireInstanceLock', () => {
  it('is given to one, and to the next once closed', async () => {
    const name = unique();
    const first = await acquireInstanceLock(name);
    await expect(acquireInstanceLock(name)).rejects.toThrow(InstanceLockError);
    await first.close();
    await first.close();
    await (await acquireInstanceLock(name)).close();
  });

  it('names the lock and the process that holds it', async () => {
    const name = unique();
    const child = await holdElsewhere(name, 'pid');
    try {
      await whoHas(name, {
        message: `another process (${child.pid!}) is already ${name}: stop it first`,
        holder: child.pid,
      });
    } finally {
      await kill(child);
    }
  });

  it('says when this very process holds it', async () => {
    const lock = await acquireInstanceLock(unique());
    await whoHas(lock.name, { message: expect.stringContaining(`this process (${process.pid}) is already`) });
    await lock.close();
  });

  it('is free as soon as its holder was killed', async () => {
    const name = unique();
    await kill(await holdElsewhere(name, 'pid'));
    await (await acquireInstanceLock(name)).close();
  });

  it.each([
    ['says nothing', ''],
    ['says nonsense', 'nonsense'],
  ])('refuses also when the holder %s', async (_, answer) => {
    const name = unique();
    const child = await holdElsewhere(name, answer);
    try {
      await expect(acquireInstanceLock(name)).rejects.toMatchObject({
        message: `another process is already ${name}: stop it first`,
        holder: undefined,
      });
    } finally {
      await kill(child);
    }
  });

  it('is given to exactly one of many that ask at once', async () => {
    const name = unique();
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => acquireInstanceLock(name)));
    const given = asked.filter((one) => one.status === 'fulfilled');
    expect(given).toHaveLength(1);
    await given[0]!.value.close();
  });

  it('keeps apart names of any length', async () => {
    const long = unique().padEnd(4_000, 'x');
    const locks = await Promise.all([acquireInstanceLock(long), acquireInstanceLock(`${long}y`)]);
    await Promise.all(locks.map((lock) => lock.close()));
  });

  it('closes although somebody who asked never listens to the answer', async () => {
    const lock = await acquireInstanceLock(unique());
    const asker = connect({ path: addressOf(lock.name), allowHalfOpen: true });
    await once(asker, 'connect');
    await lock.close();
    asker.destroy();
  });
});
