import type { GroupLag } from '@haproxystats/messaging';
import type { Coverage } from '@haproxystats/metrics';
import { durationText, inColumns, printable, shortened, timeText, type Alignment } from '../display';
import type { ClusterReport, FleetReport, NodeReport, VersionCount } from './fleet-report';

export interface TableOptions {
  /** A line for each process. */
  readonly processes: boolean;
  /** A line for each server that drifts. */
  readonly drift: boolean;
}

const head = ['CLUSTER / NODE', 'NODES', 'PROCS', 'VERSIONS', 'LAST SLOT', 'AGE', 'DELAY', 'DRIFT', 'STATE'];
const alignments: readonly Alignment[] = [
  'left',
  'right',
  'right',
  'left',
  'left',
  'right',
  'right',
  'right',
  'left',
];
const lagHead = ['GROUP', 'TOPIC', 'BEHIND'];
const lagAlignments: readonly Alignment[] = ['left', 'left', 'right'];

const maxName = 32;
const maxVersions = 22;
const maxDetail = 92;
/** Of the missing processes of a node; the others are counted. */
const maxMissing = 8;
/** A slot that is older is shown with its day. */
const dayMs = 24 * 3_600_000;

/** A row of the table, and the lines that are told below it. */
interface Row {
  readonly cells: readonly string[];
  readonly details: readonly string[];
}

/** The clusters with their nodes, then the consumer groups, as people read them. */
export function fleetTable({ at, clusters, groups }: FleetReport, options: TableOptions): string {
  const rows = clusters.flatMap((cluster) => [
    clusterRow(cluster, { at, ...options }),
    ...cluster.nodes.map((node) => nodeRow(node, { at, ...options })),
  ]);
  const [first, ...lines] = inColumns([head, ...rows.map(({ cells }) => cells)], alignments);
  const told = rows.length === 0 ? [] : [first!, ...lines.flatMap((line, i) => [line, ...rows[i]!.details])];
  const lags = groups.length === 0 ? [] : inColumns([lagHead, ...groups.map(lagCells)], lagAlignments);
  const parts = [told, lags].filter(({ length }) => length > 0);
  return parts.map((part) => part.map((line) => `${line}\n`).join('')).join('\n');
}

interface RowOptions extends TableOptions {
  readonly at: number;
}

function clusterRow(cluster: ClusterReport, { at, drift: names }: RowOptions): Row {
  const { nodesSeen, nodesExpected, coverage, versions, slot, ageMs, delayMs, drift, state } = cluster;
  const cells = [
    shortened(cluster.cluster, maxName),
    `${nodesSeen}/${nodesExpected}`,
    coverageText(coverage),
    versionsText(versions),
    slotText(slot, at),
    durationText(ageMs),
    delayText(delayMs),
    drift ? String(drift.servers) : '-',
    state,
  ];
  const left = drift ? drift.servers - drift.names.length : 0;
  const more = left > 0 ? [`and ${left} more`] : [];
  const details = names && drift ? [...drift.names.map((name) => `drift ${name}`), ...more] : [];
  return { cells, details: details.map(detail) };
}

function nodeRow(node: NodeReport, { at, processes }: RowOptions): Row {
  const { coverage, versions, slot, ageMs, delayMs, state } = node;
  const cells = [
    shortened(`  ${node.node}`, maxName),
    '',
    coverage ? coverageText(coverage) : '-',
    versionsText(versions),
    slot === undefined ? '-' : slotText(slot, at),
    ageMs === undefined ? '-' : durationText(ageMs),
    delayMs === undefined ? '-' : delayText(delayMs),
    '',
    state,
  ];
  return { cells, details: [...(processes ? processLines(node, at) : []), ...missingLines(node)] };
}

function processLines({ processes }: NodeReport, at: number): string[] {
  const lines = processes.map(({ process, pid, startedAt, version, isStopping }) => [
    shortened(process, maxName),
    `pid ${pid}`,
    shortened(version, maxVersions) || '-',
    `up ${durationText(Math.max(0, at - startedAt))}`,
    isStopping ? 'stopping' : '',
  ]);
  return inColumns(lines).map(detail);
}

function missingLines({ missing }: NodeReport): string[] {
  const told = missing.slice(0, maxMissing).map(({ process, reason }) => `without ${process}: ${reason}`);
  const more = missing.length > maxMissing ? [`without ${missing.length - maxMissing} more`] : [];
  return [...told, ...more].map(detail);
}

function detail(text: string): string {
  return `    ${shortened(text, maxDetail)}`;
}

function coverageText({ covered, expected }: Coverage): string {
  return `${covered}/${expected}`;
}

/** `3.0.5`; where there are several, each with how many processes have it. */
function versionsText(versions: readonly VersionCount[]): string {
  const [only, ...others] = versions;
  if (!only) return '-';
  const counted = versions.map(({ version, processes }) => `${processes} x ${version || '?'}`);
  return shortened(others.length === 0 ? only.version || '?' : counted.join(', '), maxVersions);
}

function slotText(slot: number, at: number): string {
  const time = timeText(slot);
  return Math.abs(at - slot) < dayMs ? time.slice(11) || time : time.slice(0, 10);
}

/** Below ten seconds the tenths matter. */
function delayText(ms: number): string {
  return Math.abs(ms) < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : durationText(ms);
}

function lagCells({ group, topic, behind }: GroupLag): string[] {
  return [printable(group), printable(topic), behind === undefined ? '-' : String(behind)];
}
