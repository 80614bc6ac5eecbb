import { mergingOf, mergeNode, processorConfigOf, type NodeAnswers } from '@haproxystats/processor';
import { ClusterMerger, NodeHistory, type Frame, type FrameHead } from '@haproxystats/metrics';
import { silentLogger, type Settings } from '@haproxystats/runtime';
import { GraphiteLines } from '@haproxystats/sinks';
import { FakeClock } from '../support/fake-clock';
import { frameHead } from '../support/frames';

/** Cells of a table of the page, by the names of its columns. */
export type Cells = Readonly<Record<string, string>>;

/** What all processes say. */
export interface Example {
  readonly settings: Settings;
  readonly info: readonly Cells[];
  readonly backend: readonly Cells[];
  readonly server: readonly Cells[];
}

/** What is not there at the second poll. */
export interface Away {
  readonly node?: string;
  /** `NODE PROCESS`. */
  readonly process?: string;
  readonly late?: true;
}

const intervalMs = 10_000;
const slots = [100 * intervalMs, 101 * intervalMs] as const;
const statColumns = [
  ...[
    'pxname',
    'svname',
    'type',
    'mode',
    'status',
    'scur',
    'smax',
    'req_tot',
    'rtime',
    'act',
    'weight',
    'stot',
  ],
];

/** The values of the cluster's metrics at the second poll, by their paths below the cluster. */
export function valuesOf(example: Example, away: Away): ReadonlyMap<string, number> {
  const frame = clusterFrame(example, away);
  const { graphite } = processorConfigOf(example.settings);
  const lines = new GraphiteLines(graphite, {
    clock: new FakeClock(),
    logger: silentLogger,
    wallClock: false,
  });
  const text = [...lines.of({ part: 0, parts: 1, frame })].map(({ bytes }) => bytes.toString()).join('');
  const prefix = 'lb.clusters.eu.haproxy.';
  return new Map(
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [path, value] = line.split(' ');
        expect(path!.slice(0, prefix.length)).toBe(prefix);
        return [path!.slice(prefix.length), Number(value)];
      }),
  );
}

function clusterFrame(example: Example, away: Away): Frame {
  const nodes = [...new Set(example.info.map(({ node }) => node!))];
  const frames = nodes.map((node) => nodeFrame(example, node, away));
  const here = frames.filter(({ head }) => head.node !== away.node);
  const merger = new ClusterMerger();
  for (const frame of here) merger.add(frame);
  return { head: clusterHead(frames, here, away), tables: merger.take().tables };
}

function clusterHead(all: readonly Frame[], here: readonly Frame[], { late }: Away): FrameHead {
  const sum = (frames: readonly Frame[], what: 'covered' | 'expected') =>
    frames.reduce((total, { head }) => total + head.coverage[what], 0);
  const missing = all.filter((frame) => !here.includes(frame)).map(({ head }) => head.node);
  return frameHead({
    scope: 'cluster',
    cluster: 'eu',
    node: '',
    coverage: { covered: sum(here, 'covered'), expected: sum(all, 'expected') },
    nodes: { seen: here.length, expected: all.length, missing, keptOut: [] },
    ...(late && { late }),
  });
}

/** The second of two polls of a node. */
function nodeFrame(example: Example, node: string, away: Away): Frame {
  const ports = { clock: new FakeClock(), logger: silentLogger };
  const merging = mergingOf(processorConfigOf(example.settings), ports);
  const history = new NodeHistory();
  const expected = example.info.filter((row) => row['node'] === node).map((row) => row['process']!);
  const [, second] = slots.map((slot) => {
    const isThere = (process: string) => slot === slots[0] || `${node} ${process}` !== away.process;
    const answers: NodeAnswers = {
      cluster: 'eu',
      node,
      slot,
      intervalMs,
      expected,
      answered: expected.filter(isThere),
      failureOf: () => 'timeout',
      history,
      textOf: (process) => ({
        process,
        asked: { slot, intervalMs, askedAt: slot },
        info: Buffer.from(infoOf(example, { node, process, slot })),
        stats: [Buffer.from(statOf(example, { node, process, slot }))],
      }),
    };
    return mergeNode(answers, merging).frame;
  });
  return second!;
}

interface Poll {
  readonly node: string;
  readonly process: string;
  readonly slot: number;
}

function rowsOf(rows: readonly Cells[], { node, process }: Poll): Cells[] {
  return rows.filter((row) => row['node'] === node && row['process'] === process);
}

function infoOf({ info }: Example, poll: Poll): string {
  const [fields = {}] = rowsOf(info, poll);
  const said = Object.entries(fields).filter(([name]) => name !== 'node' && name !== 'process');
  const life = [
    ['Pid', 7],
    ['Uptime_sec', poll.slot / 1000],
  ];
  return [...life, ...said].map(([name, value]) => `${name}: ${value}\n`).join('');
}

function statOf({ backend, server }: Example, poll: Poll): string {
  const rows = [
    ...rowsOf(server, poll).map((row) => lineOf({ ...row, svname: row['server']!, type: '2' }, poll)),
    ...rowsOf(backend, poll).map((row) => lineOf({ ...row, svname: 'BACKEND', type: '1' }, poll)),
  ];
  return [`# ${statColumns.join()}`, ...rows, ''].join('\n');
}

/** At the first poll what stands under `before`. */
function lineOf(row: Cells, { slot }: Poll): string {
  const cells: Cells = { pxname: 'shop', mode: 'http', ...row };
  return statColumns
    .map((name) => (slot === slots[0] && cells[`${name} before`]) || (cells[name] ?? ''))
    .join();
}
