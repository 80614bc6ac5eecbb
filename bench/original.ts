import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessAnswer } from './snapshots';

const runs = 5;
const startMs = 3_000;
const pollMs = 20;
/** What it does after it has removed the snapshot: the last lines. */
const restMs = 300;
const patienceMs = 120_000;
/** Of /proc/PID/stat; `getconf CLK_TCK` on every Linux. */
const ticksPerSecond = 100;

/**
 * CPU seconds that the original haproxystats-process needs for a snapshot, from the files to lines on a socket: the middle of five
 * after one to warm up. `program` is its path; it needs Python 3.7 or 3.8 with pandas 0.25.
 */
export async function measureOriginal(
  program: string,
  { snapshots, port }: { snapshots: readonly (readonly ProcessAnswer[])[]; port: number },
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'haproxystats-bench-'));
  await mkdir(join(directory, 'incoming'));
  await writeFile(join(directory, 'original.conf'), configFor(directory, port));
  const original = spawn(program, ['-f', join(directory, 'original.conf')], { stdio: 'ignore' });
  try {
    await pause(startMs);
    const seconds: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const before = cpuSeconds(original);
      await digest(directory, run, snapshots[run % snapshots.length]!);
      seconds.push(cpuSeconds(original) - before);
    }
    return seconds.slice(1).sort((a, b) => a - b)[Math.floor(runs / 2)]!;
  } finally {
    if (original.exitCode === null) {
      original.kill();
      await once(original, 'exit');
    }
    await rm(directory, { recursive: true });
  }
}

function configFor(directory: string, port: number): string {
  return `[process]\nsrc-dir = ${directory}/incoming\nworkers = 1\n[graphite]\nserver = 127.0.0.1\nport = ${port}\n`;
}

/** Hands a snapshot over and waits until it is gone. */
async function digest(directory: string, run: number, answers: readonly ProcessAnswer[]): Promise<void> {
  const assembly = join(directory, 'assembly');
  await mkdir(assembly);
  for (const [i, { info, stat }] of answers.entries()) {
    await writeFile(join(assembly, `${i}_info`), info);
    await writeFile(join(assembly, `${i}_stat`), stat);
  }
  const snapshot = join(directory, 'incoming', String(1_700_000_000 + run * 10));
  await rename(assembly, snapshot);
  for (let waited = 0; existsSync(snapshot); waited += pollMs) {
    if (waited > patienceMs) throw new Error(`the original has not taken ${snapshot}: has its worker died?`);
    await pause(pollMs);
  }
  await pause(restMs);
}

/** Of the program and its workers. */
function cpuSeconds({ pid }: ChildProcess): number {
  const ticks = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(name))
    .filter((stat) => stat?.pid === pid || stat?.parent === pid)
    .reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0);
  return ticks / ticksPerSecond;
}

function statOf(pid: string): { pid: number; parent: number; ticks: number } | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  try {
    const fields = readFileSync(path, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch (error) {
    // It ended between the two looks.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
    throw error;
  }
}
