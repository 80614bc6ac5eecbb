import type { FailureReason } from '@haproxystats/haproxy';
import type {
  Frame,
  FrameHead,
  MergedProcesses,
  MissingProcess,
  ProcessMerger,
  ProcessText,
  ServerAggregation,
  UnusableHalf,
} from '@haproxystats/metrics';

/** What is known of the processes of a node at one slot. */
export interface NodeAnswers extends Pick<FrameHead, 'cluster' | 'node' | 'slot' | 'intervalMs'> {
  /** Every process that the node has. */
  readonly expected: readonly string[];
  readonly texts: readonly ProcessText[];
  /** Processes that answered, but nothing that can be read. */
  readonly damaged: readonly UnreadableProcess[];
  /** Why a process gave no answer; undefined: nobody knows. */
  readonly failureOf: (process: string) => FailureReason | undefined;
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
}

/** Merges the processes of a node into a frame; what of one cannot be read costs only itself. */
export function mergeNode(answers: NodeAnswers, { merger, aggregatedServers }: Merging): MergedSnapshot {
  const { expected, texts, damaged } = answers;
  const merged = merger.merge(texts, { expected: expected.length, aggregatedServers: aggregatedServers?.() });
  const incomplete = merged.incomplete.map((each) => ({ ...each, half: 'stat', isPartial: true }) as const);
  const unreadable: UnreadableProcess[] = [...damaged, ...merged.unusable, ...incomplete];
  const members = texts
    .map(({ process }) => process)
    .filter((process) => !unreadable.some((each) => each.process === process));
  const head = { ...headOf(answers, members), semantics: merger.semantics, timings: merged.timings };
  const { badRows, inexact, droppedColumns, droppedTexts, tables } = merged;
  return { frame: { head, tables }, members, unreadable, badRows, inexact, droppedColumns, droppedTexts };
}

function headOf(
  answers: NodeAnswers,
  members: readonly string[],
): Omit<Frame['head'], 'semantics' | 'timings'> {
  const { cluster, node, slot, intervalMs, expected } = answers;
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
  };
}

function missingProcess({ texts, damaged, failureOf }: NodeAnswers, process: string): MissingProcess {
  const answered = [...texts, ...damaged].some((each) => each.process === process);
  return { process, reason: answered ? 'unreadable' : (failureOf(process) ?? 'lost') };
}
