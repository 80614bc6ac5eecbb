import { zstdCompressSync } from 'node:zlib';
import type { Poll } from '@haproxystats/haproxy';
import { rawRecords, type LogRecord, type Manifest } from '@haproxystats/messaging';

/** What one process answered to one poll; its `show info` carries the id, so a frame tells which answers are in it. */
export interface Answer {
  readonly id: number;
  readonly node: string;
  readonly slot: number;
  readonly process: string;
  /** Names the poll: two pullers, or one that was started again, take a slot twice. */
  readonly poll: string;
  /** All processes that this poll names. */
  readonly expected: readonly string[];
  /** Sessions of the frontends `a` and `b`. */
  readonly stot: readonly [number, number];
  readonly parts: number;
}

/** A record of a poll; `answer` is undefined where it carries a manifest only. */
export interface Sent {
  readonly node: string;
  readonly slot: number;
  readonly process: string;
  readonly answer: Answer | undefined;
  readonly part: number;
  readonly record: LogRecord;
  /** What of it cannot be read; absent: nothing. */
  readonly damage?: 'headers' | 'value';
}

export interface PollPlan extends Pick<Poll, 'node' | 'source' | 'slot' | 'intervalMs' | 'startedAt'> {
  readonly answers: readonly Answer[];
  readonly failed: readonly string[];
}

const header = '# pxname,svname,stot,type,\n';
const row = (name: string, stot: number) => `${name},FRONTEND,${stot},0,\n`;

/** The records of a poll, as the puller makes them; answers of two parts are cut between their rows. */
export function sentBy({ answers, failed, ...poll }: PollPlan): Sent[] {
  const { node, slot } = poll;
  const records = rawRecords({
    ...poll,
    cluster: 'eu',
    replies: answers.map(({ id, process, stot }) => ({
      process,
      info: Buffer.from(`CumReq: ${id}\n`),
      stat: Buffer.from(`${header}${row('a', stot[0])}${row('b', stot[1])}`),
    })),
    failures: failed.map((process) => ({ process, reason: 'timeout', detail: '' })),
  });
  if (answers.length === 0)
    return records.map((record) => ({ node, slot, process: '', answer: undefined, part: 0, record }));
  const manifest = manifestOf(answers, records[0]!);
  return answers.flatMap((answer, i) =>
    cut({ ...records[i]!, headers: { ...records[i]!.headers, 'hs-man': manifest } }, answer).map(
      (record, part) => ({ node, slot, process: answer.process, answer, part, record }),
    ),
  );
}

function manifestOf(answers: readonly Answer[], { headers }: LogRecord): string {
  const manifest = JSON.parse(headers['hs-man']!) as Manifest;
  const chunks = Object.fromEntries(answers.map(({ process, parts }) => [process, parts]));
  return JSON.stringify({ ...manifest, chunks });
}

/** Real chunks are cut at 768 KiB; these few rows are cut as if they were as long. */
function cut(record: LogRecord, { parts, stot, id }: Answer): LogRecord[] {
  if (parts === 1) return [record];
  const texts = [`CumReq: ${id}\n\n${header}${row('a', stot[0])}`, `${header}${row('b', stot[1])}`];
  return texts.map((text, part) => ({
    ...record,
    headers: { ...record.headers, 'hs-part': `${part}/2` },
    value: zstdCompressSync(Buffer.from(text)),
  }));
}
