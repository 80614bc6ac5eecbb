import { fields, type ProcessReply } from '@haproxystats/haproxy';
import { rawRecords, type LogRecord } from '@haproxystats/messaging';
import { answersOf, type NodeSize } from '../snapshots';

/** Every process of the fleet: 100 frontends, 100 backends, and 8 servers in each. */
const size: Omit<NodeSize, 'processes'> = { backends: 100, servers: 8 };
export const rowsPerProcess = 1_000;
export const intervalMs = 60_000;
export const cluster = 'bench';

/** Nodes with other numbers; a larger fleet has several nodes of each kind. */
const kinds = 10;
/** Then the process is another one, and begins at 0: one node in twenty is reloaded at each slot. */
const pollsPerLife = 20;
/** How far apart in their lives two nodes are that follow each other. */
const stagger = 7;

const counters = new Set(fields.filter(({ nature }) => nature === 'counter').map(({ name }) => name));

/** What the nodes of a fleet of any size say, as the puller would write it: made and compressed once. */
export class Polls {
  readonly #records: readonly (readonly LogRecord[][])[];

  constructor(processes: number) {
    this.#records = Array.from({ length: kinds }, (_, kind) => livesOf(kind, processes));
  }

  /** Of a node by its number, at a slot by its number; `slot` in ms since the epoch. */
  recordsOf({ node, index, slot }: { node: number; index: number; slot: number }): LogRecord[] {
    const name = nodeName(node);
    const about = { 'hs-node': name, 'hs-src': name, 'hs-slot': String(slot), 'hs-poll': String(slot) };
    const records = this.#records[node % kinds]![(index + node * stagger) % pollsPerLife]!;
    return records.map(({ headers, value }) => ({
      key: `${cluster}/${name}`,
      headers: { ...headers, ...about },
      value,
    }));
  }
}

export function nodeName(node: number): string {
  return `lb${String(node).padStart(4, '0')}`;
}

/** All polls of one life of the processes of a node. Their counters rise by as much from poll to poll, their gauges stay. */
function livesOf(kind: number, processes: number): LogRecord[][] {
  const answers = answersOf({ ...size, processes }, { poll: kind, shuffled: false });
  return Array.from({ length: pollsPerLife }, (_, poll) =>
    recordsOf(
      answers.map(({ stat }, i) => ({
        process: `/run/haproxy${i + 1}.sock`,
        info: infoOf(kind * processes + i, poll),
        stat: statOf(stat, poll),
      })),
    ),
  );
}

function statOf(first: Buffer, poll: number): Buffer {
  const [header, ...rows] = first.toString().trimEnd().split('\n');
  if (rows.length !== rowsPerProcess)
    throw new Error(`a process has ${rows.length} rows, not ${rowsPerProcess}`);
  const isCounter = header!
    .slice(2)
    .split(',')
    .map((name) => counters.has(name));
  const grown = rows.map((row) =>
    row
      .split(',')
      .map((cell, i) => (isCounter[i] ? grownBy(cell, poll) : cell))
      .join(','),
  );
  return Buffer.from([header, ...grown, ''].join('\n'));
}

function grownBy(cell: string, polls: number): string {
  return cell === '' ? '' : String(Number(cell) * (polls + 1));
}

function infoOf(kind: number, poll: number): Buffer {
  const uptime = 5 + (poll * intervalMs) / 1_000;
  const facts = {
    Name: 'HAProxy',
    Version: '2.6.12',
    Pid: 1_000 + kind,
    Uptime_sec: uptime,
    Maxconn: 10_000,
    CurrConns: 100 + kind,
    CumConns: 5_000 * (poll + 1),
    CumReq: 20_000 * (poll + 1),
    Tasks: 300,
    Idle_pct: 80 + kind,
  };
  return Buffer.from(
    Object.entries(facts)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join(''),
  );
}

/** As the forwarder would write them; where and when they are from is put in later. */
function recordsOf(replies: readonly ProcessReply[]): LogRecord[] {
  return rawRecords({
    cluster,
    node: 'node',
    source: 'node',
    slot: intervalMs,
    intervalMs,
    startedAt: intervalMs,
    replies,
    failures: [],
  });
}
