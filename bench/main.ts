import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { GraphiteSink, type Sink } from '@haproxystats/sinks';
import { measure, type Measurement } from './measure';
import { answersOf, type NodeSize } from './snapshots';
import { linesOf, names, polledFrom, stages, type Polled } from './stages';

const sizes: readonly NodeSize[] = [
  { backends: 10, servers: 5, processes: 4 },
  { backends: 300, servers: 10, processes: 4 },
  { backends: 1_000, servers: 20, processes: 4 },
];
/** Other counters at each; the rows of the last one in another order, which is worse than life: there it is one in ten or rarer. */
const pollsPerSize = 3;

interface Result extends Measurement {
  readonly stage: string;
  readonly rowsPerSecond: number;
}

interface SizeResult {
  readonly size: NodeSize;
  readonly rows: number;
  readonly bytes: number;
  readonly lines: number;
  readonly results: readonly Result[];
  readonly rssMegabytes: number;
}

async function main(): Promise<void> {
  const relay = spawn(process.execPath, [join(__dirname, 'relay.cjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const sink = sinkTo(await portOf(relay));
  const measured: SizeResult[] = [];
  for (const size of sizes) {
    measured.push(await measureSize(size, sink));
    print(measured.at(-1)!);
  }
  relay.kill();
  const file = join(__dirname, 'latest.json');
  await writeFile(file, `${JSON.stringify({ node: process.version, measured }, undefined, 2)}\n`);
  console.log('CPU seconds, rows: all processes together. Also in bench/latest.json.');
}

async function portOf(relay: ChildProcess): Promise<number> {
  const [port] = (await once(relay.stdout!, 'data')) as [Buffer];
  return Number(port.toString());
}

function sinkTo(port: number): Sink {
  return new GraphiteSink(
    {
      address: { host: '127.0.0.1', port },
      names,
      timeouts: { connectMs: 1_000, writeMs: 5_000, closeMs: 10_000, settleMs: 0 },
      retry: { firstMs: 100, factor: 2, maxMs: 1_000 },
      batchBytes: 8 * 1024 * 1024,
    },
    { clock: systemClock, logger: silentLogger },
  );
}

async function measureSize(size: NodeSize, sink: Sink): Promise<SizeResult> {
  const polls = Array.from({ length: pollsPerSize }, (_, poll) =>
    polledFrom(answersOf(size, { poll, shuffled: poll === pollsPerSize - 1 })),
  );
  const first = polls[0]!;
  const rows = first.answers.reduce((sum, { stat }) => sum + countLines(stat) - 1, 0);
  const results: Result[] = [];
  for (const { name, work } of stages) {
    const measurement = await measure((run) => work(pollOf(polls, run), sink));
    results.push({ stage: name, ...measurement, rowsPerSecond: rows / measurement.cpuSeconds });
  }
  return {
    size,
    rows,
    bytes: first.answers.reduce((sum, { info, stat }) => sum + info.length + stat.length, 0),
    lines: linesOf(first.parts),
    results,
    rssMegabytes: process.memoryUsage.rss() / 1e6,
  };
}

function pollOf(polls: readonly Polled[], run: number): Polled {
  return polls[run % polls.length]!;
}

function countLines(text: Buffer): number {
  let lines = 0;
  for (let at = text.indexOf(10); at !== -1; at = text.indexOf(10, at + 1)) lines++;
  return lines;
}

function print({ size, rows, bytes, lines, results, rssMegabytes }: SizeResult): void {
  const { backends, servers, processes } = size;
  console.log(
    `\n${backends} backends x ${servers} servers x ${processes} processes: ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB, ${lines} lines; RSS ${rssMegabytes.toFixed(0)} MB`,
  );
  const plain = results[0]!.cpuSeconds;
  console.table(
    Object.fromEntries(
      results.map(({ stage, cpuSeconds, rowsPerSecond }) => [
        stage,
        {
          'CPU ms': Number((cpuSeconds * 1_000).toFixed(1)),
          'rows/s': Math.round(rowsPerSecond),
          'lines/s': Math.round(lines / cpuSeconds),
          'x less than plain': Number((plain / cpuSeconds).toFixed(1)),
        },
      ]),
    ),
  );
}

void main();
