import { fields } from '@haproxystats/haproxy';
import { rawRecords, type LogRecord } from '@haproxystats/messaging';
import { answersOf, type NodeSize } from '../snapshots';

/** Every node of the fleet: 100 frontends, 100 backends, and 8 servers in each. */
const size: NodeSize = { backends: 100, servers: 8, processes: 1 };
export const rowsPerNode = 1_000;
export const intervalMs = 10_000;
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
  readonly #records = Array.from({ length: kinds }, (_, kind) => livesOf(kind));

  /** Of a node by its number, at a slot by its number; `slot` in ms since the epoch. */
  recordOf({ node, index, slot }: { node: number; index: number; slot: number }): LogRecord {
    const { headers, value } = this.#records[node % kinds]![(index + node * stagger) % pollsPerLife]!;
    const name = nodeName(node);
    return {
      key: `${cluster}/${name}`,
      headers: {
        ...headers,
        'hs-node': name,
        'hs-src': name,
        'hs-slot': String(slot),
        'hs-poll': String(slot),
      },
      value,
    };
  }
}

export function nodeName(node: number): string {
  return `lb${String(node).padStart(4, '0')}`;
}

/** All polls of one life of a process. Its counters rise by as much from poll to poll, its gauges stay. */
function livesOf(kind: number): LogRecord[] {
  const [answer] = answersOf(size, { poll: kind, shuffled: false });
  const [header, ...rows] = answer!.stat.toString().trimEnd().split('\n');
  if (rows.length !== rowsPerNode) throw new Error(`a node has ${rows.length} rows, not ${rowsPerNode}`);
  const isCounter = header!
    .slice(2)
    .split(',')
    .map((name) => counters.has(name));
  const first = rows.map((row) => row.split(','));
  return Array.from({ length: pollsPerLife }, (_, poll) => {
    const grown = first.map((cells) => cells.map((cell, i) => (isCounter[i] ? grownBy(cell, poll) : cell)));
    const stat = Buffer.from([header, ...grown.map((cells) => cells.join(',')), ''].join('\n'));
    return recordOf(infoOf(kind, poll), stat);
  });
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

/** As the forwarder would write it; where and when it is from is put in later. */
function recordOf(info: Buffer, stat: Buffer): LogRecord {
  const records = rawRecords({
    cluster,
    node: 'node',
    source: 'node',
    slot: intervalMs,
    intervalMs,
    startedAt: intervalMs,
    replies: [{ process: '/run/haproxy.sock', info, stat }],
    failures: [],
  });
  if (records.length !== 1) throw new Error(`a poll makes ${records.length} records, not one`);
  return records[0]!;
}
