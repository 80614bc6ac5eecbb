import { isPresent, type FrameHead, type Table } from '@haproxystats/metrics';

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
 * The labels of a node's processes: `Process_num`, or the base name of the socket (for TCP the address). Two processes of a node never
 * get the same, and a process keeps its label whichever others answered: numbers count only where there are enough of them for all
 * (each instance of HAProxy has its own 1 to Nbproc), base names only where no other process of the node has the same.
 */
export function processLabels(table: Table, head: FrameHead, label: ProcessLabel): string[] {
  const { expected } = head.coverage;
  const sockets = uniqueSockets(table.proxies, head);
  const numbers = table.proxies.map((_, i) => {
    const row = { number: numberIn(table, 'Process_num', i), count: numberIn(table, 'Nbproc', i), expected };
    return enough(row) && byNumber[label](row) ? row.number : undefined;
  });
  const seen = Map.groupBy(numbers, (number) => number);
  return numbers.map((number, i) =>
    number === undefined || seen.get(number)!.length > 1 ? sockets[i]! : String(number),
  );
}

function enough({ count = Infinity, expected }: ProcessRow): boolean {
  return expected <= count;
}

function numberIn({ columns }: Table, field: string, row: number): number | undefined {
  const column = columns.find((each) => each.field === field);
  return column && isPresent(column, row) ? column.values[row] : undefined;
}

/** Base names; the whole path where two processes of the node, answering or missing, share one. */
function uniqueSockets(processes: readonly string[], { missing }: FrameHead): string[] {
  const all = new Set([...processes, ...missing.map(({ process }) => process)]);
  const sharing = Map.groupBy(all, baseName);
  return processes.map((process) => {
    const name = baseName(process);
    return sharing.get(name)!.length > 1 ? process : name;
  });
}

function baseName(process: string): string {
  return process.slice(process.lastIndexOf('/') + 1);
}
