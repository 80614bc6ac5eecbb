import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import type { LogEntry } from '../log';
import { DeadLettersUnavailable } from './dead-letter-store';
import { DirectoryDeadLetterStore } from './directory-dead-letter-store';
import { DirectoryDeadLetters, type DirectoryBounds } from './directory-dead-letters';

describe('dead letters in directories', () => {
  const topic = 'hs.dlq.v1';
  const { signal } = new AbortController();
  let directory: string;
  let store: DirectoryDeadLetterStore;
  let logs: DirectoryDeadLetters[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dead-letters-'));
    store = new DirectoryDeadLetterStore(join(directory, 'dlq'), topic);
    logs = [];
  });
  afterEach(async () => {
    for (const log of logs) await log.close();
    await rm(directory, { recursive: true, force: true });
  });

  function logOf(role: string, bounds?: DirectoryBounds): DirectoryDeadLetters {
    const path = join(directory, 'dlq', role);
    const log = new DirectoryDeadLetters({
      path,
      topic,
      ...(bounds && { bounds }),
      clock: systemClock,
      logger: silentLogger,
    });
    logs.push(log);
    return log;
  }

  async function bury(log: DirectoryDeadLetters, key: string, bytes = 1): Promise<void> {
    await log.append(topic, [{ key, headers: { h: key }, value: Buffer.alloc(bytes) }], signal);
  }

  async function read(): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    await store.read((entry) => Promise.resolve(void entries.push(entry)), signal);
    return entries;
  }

  it('touch no disk before there is one', async () => {
    logOf('node');
    expect(existsSync(join(directory, 'dlq'))).toBe(false);
    expect(await read()).toEqual([]);
  });

  it('are read in their order, of all roles, while they are written', async () => {
    const [node, graphite] = [logOf('node'), logOf('graphite')];
    for (const key of ['a', 'b']) await bury(node, key);
    await bury(graphite, 'c');
    const entries = await read();
    expect(entries.map(({ partition, key, headers }) => [partition, key, headers])).toEqual([
      [0, 'c', { h: 'c' }],
      [1, 'a', { h: 'a' }],
      [1, 'b', { h: 'b' }],
    ]);
    expect(entries.every((entry) => entry.appendedAt > 1_700_000_000_000 && entry.topic === topic)).toBe(
      true,
    );
  });

  it('are removed from the oldest on where they are too many', async () => {
    const log = logOf('node', { letters: 3, bytes: 1_000_000 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) await bury(log, key);
    expect((await read()).map(({ key }) => key)).toEqual(['c', 'd', 'e']);
  });

  it('or take too much', async () => {
    const log = logOf('node', { letters: 100, bytes: 10_000 });
    for (const key of ['a', 'b', 'c', 'd']) await bury(log, key, 4_000);
    expect((await read()).map(({ key }) => key)).toEqual(['c', 'd']);
  });

  it('are gone once they were put back, alone', async () => {
    const log = logOf('node');
    for (const key of ['a', 'b', 'c']) await bury(log, key);
    const [, second] = await read();
    await store.markReplayed(second!);
    expect((await read()).map(({ key }) => key)).toEqual(['a', 'c']);
    await bury(log, 'd');
    expect((await read()).map(({ key }) => key)).toEqual(['a', 'c', 'd']);
  });

  it('are counted, and left, where they are damaged', async () => {
    const log = logOf('node');
    for (const key of ['a', 'b']) await bury(log, key);
    const [first] = (await readdir(join(directory, 'dlq/node')))
      .filter((name) => name.endsWith('.rec'))
      .sort();
    const path = join(directory, 'dlq/node', first!);
    await writeFile(path, 'nonsense');
    const keys: string[] = [];
    expect(await store.read(({ key }) => Promise.resolve(void keys.push(key)), signal)).toBe(1);
    expect(keys).toEqual(['b']);
    expect(existsSync(path)).toBe(true);
  });

  it('try again to open what could not be opened', async () => {
    await writeFile(join(directory, 'dlq'), '');
    const log = logOf('node');
    await expect(bury(log, 'a')).rejects.toThrow('ENOTDIR');
    await expect(read()).rejects.toThrow(DeadLettersUnavailable);
    await rm(join(directory, 'dlq'));
    await bury(log, 'b');
    expect((await read()).map(({ key }) => key)).toEqual(['b']);
  });
});
