import { processorConfigOf } from '@haproxystats/processor';
import {
  frameRecords,
  rawRecords,
  readFramePart,
  readRawChunk,
  unfoldChunk,
  type FramePart,
  type LogRecord,
} from '@haproxystats/messaging';
import { ProcessMerger, type Frame } from '@haproxystats/metrics';
import { loadSettings, silentLogger, systemClock } from '@haproxystats/runtime';
import { GraphiteLines, type GraphiteConfig, type Sink } from '@haproxystats/sinks';
import { plainLines } from './reference';
import type { ProcessAnswer } from './snapshots';

/** One poll of a node on its way, as each stage finds it. */
export interface Polled {
  readonly answers: readonly ProcessAnswer[];
  readonly raw: readonly LogRecord[];
  readonly frame: Frame;
  /** The same in the semantics of the original. */
  readonly classic: Frame;
  readonly records: readonly LogRecord[];
}

export interface Stage {
  readonly name: string;
  readonly work: (polled: Polled, sink: Sink) => unknown;
  /** What it makes: rows go in, or lines come out. */
  readonly counts: 'rows' | 'lines';
}

/** Kept from poll to poll, as the roles do. */
const now = () => systemClock.monotonic();
const exact = new ProcessMerger({ semantics: 'exact', now });
const classic = new ProcessMerger({ semantics: 'classic', now });
export const graphite: GraphiteConfig = processorConfigOf(loadSettings({ env: {} }).settings).graphite;
const lines = new GraphiteLines(graphite, { clock: systemClock, logger: silentLogger });
const slot = 1_700_000_000_000;

/** THE STAGES, in the order of the data. */
export const stages: readonly Stage[] = [
  { name: 'the plain way, all of it', counts: 'rows', work: ({ answers }) => plainLines(answers) },
  { name: 'puller: answers to records', counts: 'rows', work: ({ answers }) => rawOf(answers) },
  {
    name: 'decompress',
    counts: 'rows',
    work: ({ raw }) => raw.map((record) => unfoldChunk(readRawChunk(record))),
  },
  { name: 'parse and merge', counts: 'rows', work: ({ answers }) => frameOf(answers, exact) },
  { name: 'parse and merge, classic', counts: 'rows', work: ({ answers }) => frameOf(answers, classic) },
  { name: 'frame to records', counts: 'rows', work: ({ frame }) => frameRecords(frame) },
  {
    name: 'records to frame',
    counts: 'rows',
    work: ({ records }) => records.map((record) => readFramePart(record)),
  },
  { name: 'frame to lines', counts: 'lines', work: ({ frame }) => linesOf(frame) },
  { name: 'frame to lines, classic', counts: 'lines', work: ({ classic: frame }) => linesOf(frame) },
  {
    name: 'answers to lines on a socket',
    counts: 'rows',
    work: ({ answers }, sink) => deliver(frameOf(answers, exact), sink),
  },
  {
    name: 'answers to lines on a socket, classic',
    counts: 'rows',
    work: ({ answers }, sink) => deliver(frameOf(answers, classic), sink),
  },
];

export function polledFrom(answers: readonly ProcessAnswer[]): Polled {
  const frame = frameOf(answers, exact);
  return {
    answers,
    raw: rawOf(answers),
    frame,
    classic: frameOf(answers, classic),
    records: frameRecords(frame),
  };
}

/** How many lines a frame becomes. */
export function linesOf(frame: Frame): number {
  let count = 0;
  for (const block of lines.of(whole(frame))) {
    count += block.lines;
    lines.reuse([block.bytes]);
  }
  return count;
}

export function rawOf(answers: readonly ProcessAnswer[], at = slot): LogRecord[] {
  const replies = answers.map(({ info, stat }, i) => ({ process: `/run/haproxy/${i}.sock`, info, stat }));
  return rawRecords({
    cluster: 'default',
    node: 'node',
    source: 'bench',
    slot: at,
    intervalMs: 10_000,
    startedAt: at,
    replies,
    failures: [],
  });
}

function frameOf(answers: readonly ProcessAnswer[], merger: ProcessMerger): Frame {
  const { tables, timings } = merger.merge(
    answers.map(({ info, stat }, i) => ({ process: `/run/haproxy/${i}.sock`, info, stats: [stat] })),
    { expected: answers.length },
  );
  const head = {
    scope: 'node' as const,
    cluster: 'default',
    node: 'node',
    slot,
    intervalMs: 10_000,
    coverage: { covered: answers.length, expected: answers.length },
    missing: [],
    semantics: merger.semantics,
    timings,
  };
  return { head, tables };
}

function whole(frame: Frame): FramePart {
  return { part: 0, parts: 1, frame };
}

function deliver(frame: Frame, sink: Sink): Promise<unknown> {
  return sink.deliver([whole(frame)], new AbortController().signal);
}
