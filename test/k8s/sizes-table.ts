import { sizedRoles, sizeOf, type Fleet, type Size } from './sizes';

/** THE SIZES of k8s/README.md. */
export const fleets: readonly Fleet[] = [
  { nodes: 10, rows: 1_000, processes: 1 },
  { nodes: 1_000, rows: 1_000, processes: 1 },
  { nodes: 1_000, rows: 1_000, processes: 4 },
  { nodes: 100_000, rows: 1_000, processes: 1 },
];

const count = (value: number): string => Math.ceil(value).toLocaleString('en');
const precise = (value: number): string =>
  value < 0.1 ? Math.max(value, 0.01).toFixed(2) : value < 10 ? value.toPrecision(2) : count(value);

const rows: Readonly<Record<string, (size: Size, fleet: Fleet) => string>> = {
  'rows of each, processes': (_, { rows: each, processes }) => `${count(each)}, ${processes}`,
  'stacks, of so many': ({ stacks }, { nodes }) => `${count(stacks)} of ${count(nodes / stacks)}`,
  'rows a second': ({ rowsPerSecond }) => count(rowsPerSecond),
  'clusters or shards, at least': ({ clusters }) => count(clusters),
  'partitions, at least': ({ partitions }) => count(partitions),
  ...Object.fromEntries(
    sizedRoles.map((role) => [
      `role \`${role}\`: cores, replicas, memory`,
      ({ roles }: Size) => {
        const { cores, replicas, memory } = roles[role];
        return `${precise(cores)}, ${replicas}, ${memory.request} to ${memory.limit} MB`;
      },
    ]),
  ),
  'a puller: cores, spool': ({ puller }) => `${precise(puller.cores)}, ${precise(puller.spoolMegabytes)} MB`,
  'Kafka: MB a second, disk of 3 copies': ({ kafka }) =>
    `${precise(kafka.megabytesPerSecond)}, ${count(kafka.gigabytes)} GB`,
  'Redis: calls a second, memory': ({ redis }) =>
    `${precise(redis.callsPerSecond)}, ${precise(redis.megabytes)} MB`,
};

/** A column for each fleet; from the second line on of one stack. */
export function sizesTable(): string {
  const sizes = fleets.map((fleet) => ({ fleet, size: sizeOf(fleet) }));
  const cells = [
    ['load balancers', ...fleets.map(({ nodes }) => count(nodes))],
    ...Object.entries(rows).map(([name, cell]) => [
      name,
      ...sizes.map(({ fleet, size }) => cell(size, fleet)),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lineOf = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lineOf(cells[0]!), rule, ...cells.slice(1).map(lineOf)].join('\n');
}
