import { askHAProxy } from '../harness';

/** Sums over several `show stat` answers: `proxy server` -> column -> sum. */
export type Sums = Map<string, Map<string, number>>;

export const counters = [
  'stot',
  'bin',
  'bout',
  'hrsp_1xx',
  'hrsp_2xx',
  'hrsp_3xx',
  'hrsp_4xx',
  'hrsp_5xx',
  'hrsp_other',
];

/** An independent, plain reader of `show stat`: adds up the counters of all sockets, entity by entity. */
export async function sumStats(sockets: readonly string[]): Promise<Sums> {
  const sums: Sums = new Map();
  for (const socket of sockets) addCsv(sums, await askHAProxy(socket, 'show stat'));
  return sums;
}

/** Adds the counters of one `show stat` answer to the sums. */
export function addCsv(sums: Sums, csv: string): void {
  const [header = '', ...lines] = csv.trim().split('\n');
  const names = header.slice(2).split(',');
  for (const line of lines) {
    const cells = line.split(',');
    const cell = (name: string) => cells[names.indexOf(name)] ?? '';
    const entity = `${cell('pxname')} ${cell('svname')}`;
    const row = sums.get(entity) ?? new Map<string, number>();
    sums.set(entity, row);
    for (const name of counters) {
      if (cell(name) !== '') row.set(name, (row.get(name) ?? 0) + Number(cell(name)));
    }
  }
}

/** Where Graphite keeps a counter of an entity. */
export function pathOf(prefix: string, entity: string, counter: string): string {
  const [proxy, server] = entity.split(' ');
  if (server === 'FRONTEND') return `${prefix}.frontend.${proxy}.${counter}`;
  if (server === 'BACKEND') return `${prefix}.backend.${proxy}.${counter}`;
  return `${prefix}.backend.${proxy}.server.${server}.${counter}`;
}
