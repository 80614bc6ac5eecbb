import {
  frameRecords,
  rawRecords,
  readFramePart,
  readRawChunk,
  unfoldChunk,
  type FramePart,
  type LogRecord,
} from '@haproxystats/messaging';
import { ProcessMerger, type Frame, type Scanners } from '@haproxystats/metrics';
import { graphiteLines, type Sink } from '@haproxystats/sinks';
import { plainLines } from './reference';
import type { ProcessAnswer } from './snapshots';

/** One poll of a node on its way, as each stage finds it. */
export interface Polled {
  readonly answers: readonly ProcessAnswer[];
  readonly raw: readonly LogRecord[];
  readonly frame: Frame;
  readonly records: readonly LogRecord[];
  readonly parts: readonly FramePart[];
}

export interface Stage {
  readonly name: string;
  readonly work: (polled: Polled, sink: Sink) => unknown;
}

/** Kept from poll to poll, as the node role does. */
const scanners: Scanners = [];
const slot = 1_700_000_000_000;
export const names = { namespace: 'loadbalancers', prefixHostname: true, fqdn: true };

/** THE STAGES, in the order of the data. */
export const stages: readonly Stage[] = [
  { name: 'the plain way, all of it', work: ({ answers }) => plainLines(answers) },
  { name: 'puller: answers to records', work: ({ answers }) => rawOf(answers) },
  { name: 'decompress', work: ({ raw }) => raw.map((record) => unfoldChunk(readRawChunk(record))) },
  { name: 'parse and merge', work: ({ answers }) => frameOf(answers) },
  { name: 'frame to records', work: ({ frame }) => frameRecords(frame) },
  { name: 'records to frame', work: ({ records }) => records.map((record) => readFramePart(record)) },
  { name: 'frame to lines', work: ({ parts }) => linesOf(parts) },
  { name: 'answers to lines on a socket', work: ({ answers }, sink) => deliver(frameOf(answers), sink) },
];

export function polledFrom(answers: readonly ProcessAnswer[]): Polled {
  const frame = frameOf(answers);
  const records = frameRecords(frame);
  return {
    answers,
    raw: rawOf(answers),
    frame,
    records,
    parts: records.map((record) => readFramePart(record)),
  };
}

export function linesOf(parts: readonly FramePart[]): number {
  let lines = 0;
  for (const part of parts) {
    for (const block of graphiteLines(part, names)) {
      Buffer.from(block.text, 'latin1');
      lines += block.lines;
    }
  }
  return lines;
}

function rawOf(answers: readonly ProcessAnswer[]): LogRecord[] {
  const replies = answers.map(({ info, stat }, i) => ({ process: `/run/haproxy/${i}.sock`, info, stat }));
  return rawRecords({
    cluster: 'bench',
    node: 'node',
    source: 'bench',
    slot,
    intervalMs: 10_000,
    startedAt: slot,
    replies,
    failures: [],
  });
}

function frameOf(answers: readonly ProcessAnswer[]): Frame {
  const merger = new ProcessMerger(scanners);
  for (const { info, stat } of answers) merger.add({ info, stats: [stat] });
  const coverage = { covered: answers.length, expected: answers.length };
  const head = {
    scope: 'node' as const,
    cluster: 'bench',
    node: 'node',
    slot,
    intervalMs: 10_000,
    coverage,
    missing: [],
  };
  return { head, tables: merger.tables() };
}

function deliver(frame: Frame, sink: Sink): Promise<unknown> {
  return sink.deliver([{ part: 0, parts: 1, frame }], new AbortController().signal);
}
