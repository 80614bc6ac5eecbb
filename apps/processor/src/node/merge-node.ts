import type { FailureReason } from '@haproxystats/haproxy';
import { RecordFormatError } from '@haproxystats/messaging';
import {
  withGroups,
  type Frame,
  type FrameHead,
  type Grouping,
  type MergedProcesses,
  type MissingProcess,
  type NodeHistory,
  type ProcessLife,
  type ProcessMerger,
  type ProcessText,
  type ServerAggregation,
  type UnusableHalf,
} from '@haproxystats/metrics';

/** What is known of the processes of a node at one slot. */
export interface NodeAnswers extends Pick<FrameHead, 'cluster' | 'node' | 'slot' | 'intervalMs'> {
  /** Every process that the node has. */
  readonly expected: readonly string[];
  /** Processes that answered, in the order in which they are merged. */
  readonly answered: readonly string[];
  /** What one of them said, asked for in turn, so that only one need be in memory. Throws RecordFormatError when it cannot be read. */
  readonly textOf: (process: string) => ProcessText;
  /** Why a process gave no answer; undefined: nobody knows. */
  readonly failureOf: (process: string) => FailureReason | undefined;
  /** Something of the slot was sent before, or an operator has put it back. */
  readonly isLate?: boolean | undefined;
  /** What its processes had counted before: read, and added to. Absent: no rates. */
  readonly history?: NodeHistory | undefined;
}

export interface UnreadableProcess {
  readonly process: string;
  /** What of it cannot be read; undefined: all of it. */
  readonly half?: UnusableHalf['half'] | undefined;
  /** What can be read of this half counts. */
  readonly isPartial?: boolean | undefined;
  readonly error: Error;
}

export interface MergedSnapshot extends Pick<
  MergedProcesses,
  'badRows' | 'inexact' | 'droppedColumns' | 'droppedTexts'
> {
  readonly frame: Frame;
  /** The processes all of whose numbers are in the frame. */
  readonly members: readonly string[];
  readonly unreadable: readonly UnreadableProcess[];
}

/** How a node's processes are merged. */
export interface Merging {
  readonly merger: ProcessMerger;
  /** Asked for each snapshot; undefined: no table of servers of one name. */
  readonly aggregatedServers?: (() => ServerAggregation | undefined) | undefined;
  /** Asked for each snapshot; undefined: no groups that are added up. */
  readonly grouping?: (() => Grouping) | undefined;
}

/** Merges the processes of a node into a frame; what of one cannot be read costs only itself. */
export function mergeNode(
  answers: NodeAnswers,
  { merger, aggregatedServers, grouping }: Merging,
): MergedSnapshot {
  const { expected, answered, history } = answers;
  const damaged: UnreadableProcess[] = [];
  const merged = merger.merge(readable(answers, damaged), {
    expected: expected.length,
    aggregatedServers: aggregatedServers?.(),
    history,
  });
  const incomplete = merged.incomplete.map((each) => ({ ...each, half: 'stat', isPartial: true }) as const);
  const unreadable: UnreadableProcess[] = [...damaged, ...merged.unusable, ...incomplete];
  const members = answered.filter((process) => !unreadable.some((each) => each.process === process));
  const processes = livesOf(merged.lives, members);
  const { semantics } = merger;
  const head = { ...headOf(answers, members), ...processes, semantics, timings: merged.timings };
  const { badRows, inexact, droppedColumns, droppedTexts } = merged;
  const tables = grouping ? withGroups(merged.tables, grouping()) : merged.tables;
  return { frame: { head, tables }, members, unreadable, badRows, inexact, droppedColumns, droppedTexts };
}

/** Leaves out, and adds to `damaged`, what cannot be read. */
function* readable({ answered, textOf }: NodeAnswers, damaged: UnreadableProcess[]): Generator<ProcessText> {
  for (const process of answered) {
    try {
      yield textOf(process);
    } catch (error) {
      if (!(error instanceof RecordFormatError)) throw error;
      damaged.push({ process, error });
    }
  }
}

function headOf(
  answers: NodeAnswers,
  members: readonly string[],
): Omit<Frame['head'], 'semantics' | 'timings'> {
  const { cluster, node, slot, intervalMs, expected, isLate } = answers;
  return {
    scope: 'node',
    cluster,
    node,
    slot,
    intervalMs,
    coverage: { covered: members.length, expected: expected.length },
    missing: expected
      .filter((process) => !members.includes(process))
      .map((process) => missingProcess(answers, process)),
    ...(isLate && { late: true as const }),
  };
}

function livesOf(
  lives: readonly ProcessLife[],
  members: readonly string[],
): Pick<Frame['head'], 'processes'> {
  const processes = lives.filter(({ process }) => members.includes(process));
  return processes.length > 0 ? { processes } : {};
}

function missingProcess({ answered, failureOf }: NodeAnswers, process: string): MissingProcess {
  return { process, reason: answered.includes(process) ? 'unreadable' : (failureOf(process) ?? 'lost') };
}
