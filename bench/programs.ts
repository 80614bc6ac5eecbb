import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { DirectoryLogWriter } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { cpuSecondsOf, peakRssMegabytesOf } from './proc-figures';
import type { ProcessAnswer } from './snapshots';
import { rawOf } from './stages';

/** Our programs as they are built, measured from outside. */
export interface ProgramFigures {
  readonly peakRssMegabytes: number;
  /** Of the polls after the first ones. */
  readonly cpuSecondsPerPoll: number;
}

const built = join(__dirname, '../dist/apps');
const warmUps = 3;
const polls = 8;
const patienceMs = 60_000;

/** haproxystats-process on snapshots in a directory log, one at a time, with Graphite on `port`. */
export async function measureProcessor(
  snapshots: readonly (readonly ProcessAnswer[])[],
  port: number,
): Promise<ProgramFigures> {
  return inDirectory(async (directory) => {
    const log = join(directory, 'incoming');
    const writer = await DirectoryLogWriter.open({
      path: log,
      topic: 'haproxystats.raw.v1',
      maxEntries: 100,
      groups: ['haproxystats-node'],
      clock: systemClock,
      logger: silentLogger,
    });
    const processor = await start(directory, 'processor', [
      '[process]',
      `src-dir = ${log}`,
      'status-port = 0',
      '[graphite]',
      `port = ${port}`,
    ]);
    try {
      return await figures(processor, async (poll) => {
        const records = rawOf(snapshots[poll % snapshots.length]!, 1_700_000_000_000 + poll * 10_000);
        await writer.append('haproxystats.raw.v1', records);
        // The frame is in its log before the poll counts as read.
        await until(() => writer.depth() === 0, log);
        await until(() => entriesIn(`${log}.frames`) <= 1, `${log}.frames`);
      });
    } finally {
      await stop(processor);
      await writer.close();
    }
  });
}

/** haproxystats-pull once a second, with processes that answer from memory. */
export async function measurePuller(
  snapshots: readonly (readonly ProcessAnswer[])[],
): Promise<ProgramFigures> {
  return inDirectory(async (directory) => {
    const sockets = join(directory, 'sockets');
    await mkdir(sockets);
    for (const [poll, answers] of snapshots.entries()) {
      for (const [i, { info, stat }] of answers.entries())
        await writeFile(
          join(directory, `${i}-${poll}`),
          Buffer.concat([info, Buffer.from('\n'), stat, Buffer.from('\n')]),
        );
    }
    const answering = fork(join(__dirname, 'answering.cjs'), [
      directory,
      sockets,
      String(snapshots[0]!.length),
    ]);
    await once(answering, 'message');
    const puller = await start(directory, 'puller', [
      '[pull]',
      `socket-dir = ${sockets}`,
      `dst-dir = ${directory}/incoming`,
      'pull-interval = 1',
      'pull-timeout = 0.9',
      'status-port = 0',
    ]);
    try {
      return await figures(puller, () => pause(1_000));
    } finally {
      await stop(puller);
      await stop(answering);
    }
  });
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'haproxystats-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function start(directory: string, app: string, config: readonly string[]): Promise<ChildProcess> {
  const main = join(built, app, 'src/main.js');
  if (!existsSync(main)) throw new Error(`${main} is not built: npm run build`);
  const file = join(directory, `${app}.conf`);
  await writeFile(file, ['[DEFAULT]', 'loglevel = error', ...config, ''].join('\n'));
  const child = spawn(process.execPath, [main, '-f', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  complaintsOf.set(child, text(child.stdout));
  await pause(3_000);
  return child;
}

/** What a program logs, once it has ended. */
const complaintsOf = new WeakMap<ChildProcess, Promise<string>>();

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
  // A program that refuses its input is fast.
  const complaints = await complaintsOf.get(child);
  if (complaints) throw new Error(`a program that was measured complains: ${complaints.slice(0, 1_000)}`);
}

async function figures(child: ChildProcess, work: (poll: number) => Promise<void>): Promise<ProgramFigures> {
  for (let poll = 0; poll < warmUps; poll++) await work(poll);
  const before = cpuSecondsOf(child.pid!);
  for (let poll = 0; poll < polls; poll++) await work(warmUps + poll);
  return {
    peakRssMegabytes: peakRssMegabytesOf(child.pid!),
    cpuSecondsPerPoll: (cpuSecondsOf(child.pid!) - before) / polls,
  };
}

async function until(isRead: () => boolean, log: string): Promise<void> {
  for (let waited = 0; !isRead(); waited += 20) {
    if (waited > patienceMs) throw new Error(`${log}: the processor does not read it`);
    await pause(20);
  }
}

/** The newest stays when all is read. */
function entriesIn(log: string): number {
  return existsSync(log) ? readdirSync(log).filter((name) => name.endsWith('.rec')).length : 0;
}
