import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { keepHeapSmall, silentLogger, systemClock } from '@haproxystats/runtime';
import { GraphiteSink, type Sink } from '@haproxystats/sinks';
import { cScannerRowsPerSecond } from './c-scanner';
import { benchFleet } from './fleet/fleet';
import { measure, type Measurement } from './measure';
import { measureOriginal } from './original';
import { measureProcessor, measurePuller, type ProgramFigures } from './programs';
import { printPrograms, printSize } from './report';
import { answersOf, type NodeSize, type ProcessAnswer } from './snapshots';
import { graphite, linesOf, polledFrom, stages, type Polled, type Stage } from './stages';

// As in the programs.
keepHeapSmall();

/** Ten polls with other counters each; the rows of one of them in another order. */
const pollsPerSize = 10;
const shuffledPoll = 5;
const sizes: readonly NodeSize[] = [
  { backends: 10, servers: 5, processes: 4 },
  { backends: 300, servers: 10, processes: 4 },
  { backends: 1_000, servers: 20, processes: 4 },
];
/** What the puller is measured with: 5.1 MB a poll. */
const pulled: NodeSize = { backends: 300, servers: 10, processes: 4 };

export interface StageResult extends Measurement {
  readonly stage: string;
  readonly counts: Stage['counts'];
  readonly rowsPerSecond: number;
  readonly linesPerSecond: number;
  readonly allocatedBytesPerRow: number;
}

export interface SizeResult {
  readonly size: NodeSize;
  readonly rows: number;
  readonly bytes: number;
  readonly lines: { readonly exact: number; readonly classic: number };
  readonly results: readonly StageResult[];
  /** undefined: no C compiler here. */
  readonly cScannerRowsPerSecond: number | undefined;
  /** undefined: it was not named. */
  readonly originalCpuSeconds: number | undefined;
}

export interface ProgramResults {
  readonly processor: ProgramFigures;
  readonly puller: ProgramFigures;
}

/** The path of the original's haproxystats-process, to measure it in the same run. */
const original = process.env['BENCH_ORIGINAL'];

async function main(): Promise<void> {
  const relay = spawn(process.execPath, [join(__dirname, 'relay.cjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = await portOf(relay);
  const measured: SizeResult[] = [];
  for (const size of sizes) {
    measured.push(await measureSize(size, port));
    printSize(measured.at(-1)!);
  }
  const programs = {
    processor: await measureProcessor(snapshotsOf(sizes.at(-1)!, 2), port),
    puller: await measurePuller(snapshotsOf(pulled, 3)),
  };
  printPrograms(programs);
  relay.kill();
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  const figures = { ...machine, measured, programs };
  await writeFile(join(__dirname, 'latest.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  console.log('\nAlso in bench/latest.json.');
}

async function portOf(relay: ChildProcess): Promise<number> {
  const [port] = (await once(relay.stdout!, 'data')) as [Buffer];
  return Number(port.toString());
}

function snapshotsOf(size: NodeSize, polls: number): ProcessAnswer[][] {
  return Array.from({ length: polls }, (_, poll) =>
    answersOf(size, { poll, shuffled: poll === shuffledPoll }),
  );
}

async function measureSize(size: NodeSize, port: number): Promise<SizeResult> {
  const polls = snapshotsOf(size, pollsPerSize).map(polledFrom);
  const first = polls[0]!;
  const rows = first.answers.reduce((sum, { stat }) => sum + countLines(stat) - 1, 0);
  const lines = { exact: linesOf(first.frame), classic: linesOf(first.classic) };
  const sink = sinkTo(port);
  const results: StageResult[] = [];
  for (const stage of stages) results.push(await measureStage(stage, { polls, rows, lines, sink }));
  const snapshots = polls.map(({ answers }) => answers);
  return {
    size,
    rows,
    lines,
    bytes: first.answers.reduce((sum, { info, stat }) => sum + info.length + stat.length, 0),
    results,
    cScannerRowsPerSecond: cScannerRowsPerSecond(first.answers[0]!.stat),
    originalCpuSeconds:
      original === undefined ? undefined : await measureOriginal(original, { snapshots, port }),
  };
}

interface Setup extends Pick<SizeResult, 'rows' | 'lines'> {
  readonly polls: readonly Polled[];
  readonly sink: Sink;
}

async function measureStage({ name, counts, work }: Stage, setup: Setup): Promise<StageResult> {
  const { polls, rows, lines, sink } = setup;
  const measurement = await measure((run) => work(polls[run % polls.length]!, sink));
  const { cpuSeconds, allocatedBytes } = measurement;
  return {
    stage: name,
    counts,
    ...measurement,
    rowsPerSecond: rows / cpuSeconds,
    linesPerSecond: (name.endsWith('classic') ? lines.classic : lines.exact) / cpuSeconds,
    allocatedBytesPerRow: allocatedBytes / rows,
  };
}

function sinkTo(port: number): Sink {
  return new GraphiteSink(
    {
      ...graphite,
      address: { host: '127.0.0.1', port },
      timeouts: { connectMs: 1_000, writeMs: 5_000, closeMs: 10_000, settleMs: 0 },
    },
    { clock: systemClock, logger: silentLogger },
  );
}

function countLines(text: Buffer): number {
  let lines = 0;
  for (let at = text.indexOf(10); at !== -1; at = text.indexOf(10, at + 1)) lines++;
  return lines;
}

const [what, ...rest] = process.argv.slice(2);
void (what === 'fleet' ? benchFleet(rest) : main());
