import { createHash } from 'node:crypto';
import { isPresent, type FrameHead, type Table } from '@haproxystats/metrics';
import { pathSegment } from './graphite-names';

/** What a process is called in paths. */
export type ProcessLabel = 'auto' | 'number' | 'socket';

/** Facts about a row of the table of processes by which it is named. */
interface ProcessRow {
  /** HAProxy's Process_num and Nbproc; undefined where it does not print them. */
  readonly number: number | undefined;
  readonly count: number | undefined;
  /** How many processes the node has, whether they answered or not. */
  readonly expected: number;
}

/** Whether a process goes by its number. */
const byNumber: Readonly<Record<ProcessLabel, (row: ProcessRow) => boolean>> = {
  auto: ({ count = 1, expected }) => count > 1 || expected === 1,
  number: () => true,
  socket: () => false,
};

/**
 * The labels of a node's processes: `Process_num`, or the base name of the socket (for TCP the address). No two of a node become the
 * same segment of a path, and a process keeps its label whichever others answered: numbers count only where there are enough of them for
 * all (each instance of HAProxy has its own 1 to Nbproc), base names only where no other process of the node has the same.
 */
export function processLabels(table: Table, head: FrameHead, label: ProcessLabel): string[] {
  const { expected } = head.coverage;
  const sockets = uniqueSockets(table.proxies, head);
  const numbers = table.proxies.map((_, i) => {
    const row = { number: numberIn(table, 'Process_num', i), count: numberIn(table, 'Nbproc', i), expected };
    return enough(row) && byNumber[label](row) ? row.number : undefined;
  });
  const seen = Map.groupBy(numbers, (number) => number);
  const labels = numbers.map((number, i) =>
    number === undefined || seen.get(number)!.length > 1 ? sockets[i]! : String(number),
  );
  return toldApart(labels, (i) => hashed(table.proxies[i]!));
}

function enough({ count = Infinity, expected }: ProcessRow): boolean {
  return expected <= count;
}

function numberIn({ columns }: Table, field: string, row: number): number | undefined {
  const column = columns.find((each) => each.field === field);
  return column && isPresent(column, row) ? column.values[row] : undefined;
}

/** Base names; where processes of the node, answering or missing, would share one in paths, the whole path, at last with a hash. */
function uniqueSockets(processes: readonly string[], { missing }: FrameHead): string[] {
  const all = [...new Set([...processes, ...missing.map(({ process }) => process)])];
  const paths = toldApart(all.map(baseName), (i) => all[i]!);
  const labels = toldApart(paths, (i) => hashed(all[i]!));
  return processes.map((process) => labels[all.indexOf(process)]!);
}

/** The labels, but `other` for each of those that are the same in paths. */
function toldApart(labels: readonly string[], other: (i: number) => string): string[] {
  const sharing = Map.groupBy(labels, pathSegment);
  return labels.map((label, i) => (sharing.get(pathSegment(label))!.length > 1 ? other(i) : label));
}

function hashed(process: string): string {
  return `${process}-${createHash('sha256').update(process).digest('hex').slice(0, 8)}`;
}

function baseName(process: string): string {
  return process.slice(process.lastIndexOf('/') + 1);
}
