import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureFleet, type FleetFigures } from './measure-fleet';
import { Polls, rowsPerProcess } from './polls';
import { prepareServers } from './servers';

const usage = 'npm run bench -- fleet [--nodes 10,100,1000] [--processes 1] [--spread 1]';
const defaultNodes = '10,100,1000';
/** A slot of more nodes takes longer than is waited for, and one of fewer is hardly a fleet. */
const bounds = { nodes: [3, 2_000], sizes: 5, processes: 64 } as const;

/** `npm run bench -- fleet`: prints a table, and writes bench/latest-fleet.json. */
export async function benchFleet(args: readonly string[]): Promise<void> {
  const asked = askedIn(args);
  if (typeof asked === 'string') {
    console.error(`${asked}\nusage: ${usage}`);
    process.exitCode = 2;
    return;
  }
  const { sizes, processes, spread } = asked;
  await prepareServers();
  const polls = new Polls(processes);
  const measured: FleetFigures[] = [];
  try {
    for (const nodes of sizes) {
      const figures = await measureFleet({ nodes, processes, spread }, polls);
      measured.push(figures);
      console.log(`${nodes} nodes: ${figures.slots} slots in ${figures.seconds.toFixed(0)} s`);
    }
  } finally {
    // Also where a larger one has failed.
    if (measured.length > 0) print(measured, processes);
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  const file = join(__dirname, '..', 'latest-fleet.json');
  await writeFile(
    file,
    `${JSON.stringify({ ...machine, rowsPerProcess, processes, spread, measured }, undefined, 2)}\n`,
  );
  console.log('\nAlso in bench/latest-fleet.json.');
}

interface Asked {
  /** Rising. */
  readonly sizes: readonly number[];
  readonly processes: number;
  readonly spread: number;
}

/** What the arguments ask for; or what is wrong with them. */
function askedIn(args: readonly string[]): Asked | string {
  const text = { type: 'string' } as const;
  try {
    const one = { ...text, default: '1' };
    const options = { nodes: { ...text, default: defaultNodes }, processes: one, spread: one };
    const { values } = parseArgs({ args: [...args], options });
    const sizes = sizesIn(values.nodes);
    const [processes, spread] = [Number(values.processes), Number(values.spread)];
    if (!(Number.isInteger(processes) && processes >= 1 && processes <= bounds.processes))
      return `--processes ${values.processes}: must be a whole number from 1 to ${bounds.processes}`;
    if (!(spread >= 0 && spread <= 1)) return `--spread ${values.spread}: must be a number from 0 to 1`;
    return typeof sizes === 'string' ? sizes : { sizes, processes, spread };
  } catch (error) {
    return (error as Error).message;
  }
}

function sizesIn(list: string): readonly number[] | string {
  const sizes = list.split(',').map((text) => (/^\d{1,6}$/.test(text) ? Number(text) : NaN));
  const [least, most] = bounds.nodes;
  if (!sizes.every((size) => size >= least && size <= most))
    return `--nodes ${list}: must be numbers from ${least} to ${most}, with commas between them`;
  if (sizes.length > bounds.sizes || new Set(sizes).size < sizes.length)
    return `--nodes ${list}: must be up to ${bounds.sizes} numbers, none of them twice`;
  return sizes.toSorted((a, b) => a - b);
}

function print(measured: readonly FleetFigures[], processes: number): void {
  console.log(
    `\nA fleet through Kafka and Redis, ${processes} x ${rowsPerProcess} rows a node; a processor for each role`,
  );
  console.table(Object.fromEntries(measured.map((figures) => [`${figures.nodes} nodes`, rowOf(figures)])));
  const [first, last] = [measured[0]!, measured.at(-1)!];
  if (first === last) return;
  const growth = first.stages.map(({ role, cpuSecondsPerMillionRows: before }, i) => {
    const percent = (last.stages[i]!.cpuSecondsPerMillionRows / before - 1) * 100;
    return `${role} ${percent < 0 ? '' : '+'}${percent.toFixed(1)} %`;
  });
  console.log(
    `CPU s per million rows, from ${first.nodes} to ${last.nodes} nodes: ${growth.join(', ')} (15 % is the bar, 5 % the goal)`,
  );
}

function rowOf({ slots, rows, seconds, stages, delay, partial, load }: FleetFigures): object {
  return {
    slots,
    'rows/s': Math.round(rows / seconds),
    ...Object.fromEntries(
      stages.flatMap(({ role, cpuSecondsPerMillionRows, peakRssMegabytes }) => [
        [`${role}: CPU s/M rows`, Number(cpuSecondsPerMillionRows.toFixed(2))],
        [`${role}: peak RSS MB`, Math.round(peakRssMegabytes)],
      ]),
    ),
    'delay p50 ms': delay.p50,
    'delay p99 ms': delay.p99,
    partial,
    load: Number(load.toFixed(1)),
  };
}
