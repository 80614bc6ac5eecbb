import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askHAProxy } from '../harness';

/*
 * What the numbers of a cluster have to be, computed from what its processes say, without anything of ours: what happens to a field over
 * nodes stands in test/fixtures/fields.json, and what that means stands here.
 */

/** What one process says: `show info` by name, and the rows of `show stat` by their paths in Graphite. */
export interface Said {
  readonly info: ReadonlyMap<string, string>;
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** By path and metric, as below `haproxy.` in Graphite. */
export type Numbers = Map<string, number>;

/** How many requests a process' row of this path has handled, as its means count them. */
export type RequestsOf = (said: Said, path: string) => number;

interface Fact {
  readonly name: string;
  readonly kind: string;
  readonly types?: readonly string[];
  readonly across_nodes: string;
}

/** One row, daemon or field as all processes have it; undefined: that process says nothing of it. */
interface Members {
  readonly values: readonly (number | undefined)[];
  readonly weights: readonly number[];
}

const facts = JSON.parse(readFileSync(join(__dirname, '../fixtures/fields.json'), 'utf8')) as Fact[];

/** As releases print it. */
const misspelt: Readonly<Record<string, string>> = { TotalSplicedBytesOut: 'TotalSplicdedBytesOut' };
/** That of `Nbproc` tells processes apart: a node has one, however many processes say it. */
const isOfDaemon = ({ name, kind }: Fact): boolean => kind === 'info' && name !== 'Nbproc';

export async function readSocket(socket: string): Promise<Said> {
  const [info, stat] = await Promise.all([askHAProxy(socket, 'show info'), askHAProxy(socket, 'show stat')]);
  return saidIn(info, stat);
}

export function saidIn(info: string, stat: string): Said {
  const lines = info.split('\n').map((line) => line.split(': '));
  const [header = '', ...rows] = stat.trim().split('\n');
  const names = header.slice(2).split(',');
  const cells = rows.map((row) => new Map(row.split(',').map((cell, i) => [names[i]!, cell])));
  return {
    info: new Map(lines.map(([name = '', value = '']) => [name, value])),
    rows: new Map(cells.map((row) => [rowPath(row), row])),
  };
}

function rowPath(row: ReadonlyMap<string, string>): string {
  const [proxy, server] = [row.get('pxname')!, row.get('svname')!];
  if (server === 'FRONTEND') return `frontend.${proxy}`;
  return server === 'BACKEND' ? `backend.${proxy}` : `backend.${proxy}.server.${server}`;
}

export const requestsSinceStart: RequestsOf = (said, path) =>
  Number(said.rows.get(path)?.get('req_tot') ?? 0);

/** The requests of what `before` says of the same processes, until now. */
export function requestsSince(before: ReadonlyMap<Said, Said>): RequestsOf {
  return (said, path) => requestsSinceStart(said, path) - requestsSinceStart(before.get(said)!, path);
}

/** What all of them counted since what `before` says of each, by `PATH_rate`, of an interval of a second. */
export function countedSince(before: ReadonlyMap<Said, Said>, counters: readonly string[]): Numbers {
  const numbers: Numbers = new Map();
  for (const [now, then] of before) {
    const names = [...now.rows.keys()].flatMap((path) => counters.map((counter) => [path, counter] as const));
    for (const [path, counter] of names) {
      const [value, former] = [now, then].map(({ rows }) => numberOf(rows.get(path)?.get(counter)));
      if (value === undefined || former === undefined) continue;
      const name = `${path}.${counter}_rate`;
      numbers.set(name, (numbers.get(name) ?? 0) + value - former);
    }
  }
  return numbers;
}

/** All numbers of a cluster of these nodes, each with its processes, but those about changes and those computed of others. */
export function clusterNumbers(nodes: readonly (readonly Said[])[], requestsOf: RequestsOf): Numbers {
  const all = nodes.flat();
  const numbers: Numbers = new Map();
  const threads = all.map(({ info }) => Number(info.get('Nbthread')));
  for (const { name, across_nodes: way } of facts.filter(isOfDaemon)) {
    const values = all.map(({ info }) => numberOf(info.get(name) ?? info.get(misspelt[name] ?? '')));
    put(numbers, `daemon.${name.replaceAll(' ', '_')}`, { name, way, members: { values, weights: threads } });
  }
  for (const path of new Set(all.flatMap(({ rows }) => [...rows.keys()]))) {
    const having = all.filter(({ rows }) => rows.has(path));
    putRow(numbers, path, { having, weights: having.map((said) => requestsOf(said, path)) });
    const nodesHaving = nodes.filter((node) => node.some(({ rows }) => rows.has(path))).length;
    numbers.set(`${path}.nodes`, nodesHaving);
    numbers.set(`${path}.drift`, nodesHaving < nodes.length || differs(path, having) ? 1 : 0);
    if (kindOf(path) === 'backend') numbers.set(`${path}.TotalServers`, serversOf(path, having).size);
  }
  return numbers;
}

interface RowMembers {
  readonly having: readonly Said[];
  readonly weights: readonly number[];
}

function putRow(numbers: Numbers, path: string, { having, weights }: RowMembers): void {
  const kind = kindOf(path);
  const rowFacts = facts.filter((fact) => fact.kind === 'stat' && fact.types?.includes(kind));
  for (const { name, across_nodes: way } of rowFacts) {
    const values = having.map(({ rows }) => numberOf(rows.get(path)!.get(name)));
    // Of a server they are a part of the configuration, which is not sent.
    if (kind === 'server' && way === 'min_max') continue;
    put(numbers, `${path}.${name}`, { name, way, members: { values, weights } });
  }
  const states = having.map(({ rows }) => stateOf(rows.get(path)!.get('status')!));
  for (const state of new Set(states))
    numbers.set(`${path}.status_${state}`, states.filter((each) => each === state).length);
  const takes = states.filter((state) => ['OPEN', 'UP', 'NO_CHECK'].includes(state)).length;
  numbers.set(`${path}.up`, takes / states.length);
}

/** `UP 1/3` is UP. */
function stateOf(status: string): string {
  return status === 'no check' ? 'NO_CHECK' : status.split(' ')[0]!;
}

const compared: Readonly<Record<string, readonly string[]>> = {
  frontend: ['slim', 'rate_lim'],
  backend: ['slim'],
  server: ['uweight', 'slim', 'qlimit', 'src_ilim'],
};

function differs(path: string, having: readonly Said[]): boolean {
  return compared[kindOf(path)]!.some(
    (name) => new Set(having.map(({ rows }) => rows.get(path)!.get(name))).size > 1,
  );
}

function serversOf(backend: string, having: readonly Said[]): Set<string> {
  const all = having.flatMap(({ rows }) => [...rows.keys()]);
  return new Set(all.filter((path) => path.startsWith(`${backend}.server.`)));
}

function kindOf(path: string): 'frontend' | 'backend' | 'server' {
  if (path.includes('.server.')) return 'server';
  return path.startsWith('frontend.') ? 'frontend' : 'backend';
}

function numberOf(cell: string | undefined): number | undefined {
  return cell === undefined || cell.trim() === '' || Number.isNaN(Number(cell)) ? undefined : Number(cell);
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const largest = (values: readonly number[]): number => Math.max(...values);
const smallest = (values: readonly number[]): number => Math.min(...values);
const weighted = (values: readonly number[], weights: readonly number[]): number =>
  sum(values.map((value, i) => value * weights[i]!)) / sum(weights);

type Ways = Readonly<Record<string, (values: readonly number[], weights: readonly number[]) => number>>;

const added: Ways = { '': sum };
/** What `across_nodes` means: by the suffix of the metric. What is not here is no number, or not sent. */
const ways: Readonly<Record<string, Ways>> = {
  sum: added,
  sum_counter: added,
  sum_gauge: added,
  sum_rate: added,
  sum_limit: added,
  max_range: { '': largest, _sum: sum },
  min_max: { '': smallest, _max: largest },
  min_max_mean: { '': smallest, _max: largest, _mean: (values) => sum(values) / values.length },
  max: { '': largest },
  min: { '': smallest },
  max_duration: { '': largest },
  bit_or: { '': (values) => values.reduce((all, value) => all | value, 0) },
  wmean_requests: { '': weighted },
  wmean_nbthread: { '': weighted, _min: smallest },
  // A part of the configuration. Most of these are texts; the number of one that is a number is sent while all agree.
  all_equal_or_set: { '': (values) => (new Set(values).size === 1 ? values[0]! : NaN) },
};

/** Beside these: who is full first, or fares worst. */
const alsoSmallest = [
  'Ulimit-n',
  'Maxsock',
  'Maxconn',
  'Maxpipes',
  'Hard_maxconn',
  'ActivePeers',
  'ConnectedPeers',
];
const alsoLargest = ['chkfail', 'chkdown', 'Run_queue'];
/** Where 0 is no limit. */
const zeroIsNone = [
  'rate_lim',
  'ConnRateLimit',
  'SessRateLimit',
  'SslRateLimit',
  'CompressBpsRateLim',
].concat(['Memmax_MB', 'Memmax_bytes', 'MaxSslConns', 'MaxZlibMemUsage']);

interface Combined {
  readonly name: string;
  readonly way: string;
  readonly members: Members;
}

function put(numbers: Numbers, path: string, { name, way, members: { values, weights } }: Combined): void {
  const isNone = (value: number | undefined): boolean =>
    value === undefined || (value === 0 && zeroIsNone.includes(name));
  if (values.every((value) => value === undefined)) return;
  if (way === 'sum_limit' && values.some(isNone)) return;
  const given = values.flatMap((value, i) => (value === undefined ? [] : [[value, weights[i]!] as const]));
  const [only, weighing] = [given.map(([value]) => value), given.map(([, weight]) => weight)];
  for (const [suffix, combine] of Object.entries(ways[way] ?? {})) {
    const number = combine(only, weighing);
    // Of nobody who handled a request there is no mean.
    if (!Number.isNaN(number)) numbers.set(path + suffix, number);
  }
  if (alsoSmallest.includes(name)) numbers.set(`${path}_min`, smallest(only));
  if (alsoLargest.includes(name)) numbers.set(`${path}_max`, largest(only));
}
