import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { measureFleet, type FleetFigures } from './measure-fleet';
import { Polls, rowsPerNode } from './polls';
import { prepareServers } from './servers';

const usage = 'npm run bench -- fleet [--nodes 10,100,1000]';
const defaultNodes = '10,100,1000';
/** A slot of more nodes takes longer than is waited for, and one of fewer is hardly a fleet. */
const bounds = { nodes: [3, 2_000], sizes: 5 } as const;

/** `npm run bench -- fleet`: prints a table, and writes bench/latest-fleet.json. */
export async function benchFleet(args: readonly string[]): Promise<void> {
  const sizes = sizesIn(args);
  if (typeof sizes === 'string') {
    console.error(`${sizes}\nusage: ${usage}`);
    process.exitCode = 2;
    return;
  }
  await prepareServers();
  const polls = new Polls();
  const measured: FleetFigures[] = [];
  try {
    for (const nodes of sizes) {
      const figures = await measureFleet(nodes, polls);
      measured.push(figures);
      console.log(`${nodes} nodes: ${figures.slots} slots in ${figures.seconds.toFixed(0)} s`);
    }
  } finally {
    // Also where a larger one has failed.
    if (measured.length > 0) print(measured);
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  const file = join(__dirname, '..', 'latest-fleet.json');
  await writeFile(file, `${JSON.stringify({ ...machine, rowsPerNode, measured }, undefined, 2)}\n`);
  console.log('\nAlso in bench/latest-fleet.json.');
}

/** The sizes, rising; or what is wrong with the arguments. */
export function sizesIn(args: readonly string[]): readonly number[] | string {
  const [option, list = defaultNodes, ...more] = args;
  if (option !== undefined && option !== '--nodes') return `unknown argument '${option}'`;
  if (option !== undefined && args.length < 2) return '--nodes: a list of numbers is missing';
  if (more.length > 0) return `unknown argument '${more[0]!}'`;
  const sizes = list.split(',').map((text) => (/^\d{1,6}$/.test(text) ? Number(text) : NaN));
  const [least, most] = bounds.nodes;
  if (!sizes.every((size) => size >= least && size <= most))
    return `--nodes ${list}: must be numbers from ${least} to ${most}, with commas between them`;
  if (sizes.length > bounds.sizes || new Set(sizes).size < sizes.length)
    return `--nodes ${list}: must be up to ${bounds.sizes} numbers, none of them twice`;
  return sizes.toSorted((a, b) => a - b);
}

function print(measured: readonly FleetFigures[]): void {
  console.log(`\nA fleet through Kafka and Redis, ${rowsPerNode} rows a node; a processor for each role`);
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
