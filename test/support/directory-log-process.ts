import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { Server } from 'node:net';
import { createLogger, systemClock } from '../../libs/runtime/src';
import { DirectoryLogReader, DirectoryLogWriter } from '../../libs/messaging/src/directory';
import { dieAtCall } from './die-at-call';

/**
 * One side of a directory log as a process that can be killed: `write|read <path> <life> <where>`. `where`: `elsewhere` is as in
 * another container, whose locks are others. Begins when its standard input says at which call to the file system it is to die, 0: at none.
 * Says a line for each record, at once: `appended <id>` when acknowledged, `got <id> <offset>` when handed over.
 */
const [role, path, life, where] = process.argv.slice(2) as [string, string, string, string];
const shared = {
  path,
  topic: 'raw',
  groups: ['main'],
  clock: systemClock,
  logger: createLogger({ program: 'directory-log-process', level: 'critical' }),
};

/** Waits where nobody listens fast enough. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** An id and bytes that follow from it, of a length that does too, so that a torn value shows. */
function valueOf(id: number): Buffer {
  const head = `${id} `;
  const seed = createHash('sha256').update(head).digest();
  return Buffer.concat([Buffer.from(head), Buffer.alloc(seed.readUInt16LE(0) % 20_000, seed)]);
}

async function write(): Promise<void> {
  const writer = await DirectoryLogWriter.open({ ...shared, maxEntries: 50 });
  say('ready');
  for (let id = Number(life) * 1_000_000; ; id += 3) {
    const ids = [id, id + 1, id + 2];
    await writer.append(
      'raw',
      ids.map((one) => ({ key: 'key', headers: { id: `${one}` }, value: valueOf(one) })),
    );
    for (const one of ids) say(`appended ${one}`);
  }
}

async function read(): Promise<void> {
  const reader = new DirectoryLogReader({ ...shared, group: 'main', tickMs: 100 });
  reader.start({
    record: async ({ headers, value, offset, next, priming }, session) => {
      const id = Number(headers['id']);
      if (!value.equals(valueOf(id))) say(`torn ${id}`);
      if (!priming) say(`got ${id} ${offset}`);
      await session.commit({ watermark: next, base: Math.max(0, offset - 2 ** 21) });
    },
    tick: () => Promise.resolve(),
  });
  say('ready');
  await reader.failure;
}

function liveElsewhere(): void {
  const { listen } = Server.prototype as { listen: (address: { path: string }) => Server };
  const elsewhere = function (this: Server, address: { path: string }): Server {
    return listen.call(this, { ...address, path: `${address.path}/${process.pid}` });
  };
  Object.assign(Server.prototype, { listen: elsewhere });
}

if (where === 'elsewhere') liveElsewhere();
process.stdin.once('data', (diesAt) => {
  if (Number(diesAt) > 0) dieAtCall(Number(diesAt));
  void (role === 'write' ? write() : read());
});
