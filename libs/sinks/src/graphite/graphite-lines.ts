import { finishTable, isPresent, type FrameHead, type Table } from '@haproxystats/metrics';
import type { FramePart } from '@haproxystats/messaging';
import { pathPrefix, rowPath, type GraphiteNames } from './graphite-names';

/** Lines of Graphite's plaintext protocol: `path value timestamp\n`. */
export interface LineBlock {
  readonly text: string;
  readonly lines: number;
}

const blockChars = 64 * 1024;

/** The lines of a part of a frame in blocks of about 64 KiB. Coverage comes with the first part. */
export function* graphiteLines({ part, frame }: FramePart, names: GraphiteNames): Generator<LineBlock> {
  const prefix = `${pathPrefix(frame.head, names)}.`;
  const end = ` ${Math.floor(frame.head.slot / 1000)}\n`;
  if (part === 0) yield coverageLines(frame.head, { prefix, end });
  for (const table of frame.tables) yield* tableLines(table, { prefix, end });
}

function coverageLines({ coverage: { covered, expected } }: FrameHead, { prefix, end }: Ends): LineBlock {
  const values = { covered, expected, complete: covered === expected ? 1 : 0 };
  const lines = Object.entries(values).map(([name, value]) => `${prefix}coverage.${name} ${value}${end}`);
  return { text: lines.join(''), lines: lines.length };
}

interface Ends {
  readonly prefix: string;
  /** Timestamp and line end. */
  readonly end: string;
}

function* tableLines(table: Table, { prefix, end }: Ends): Generator<LineBlock> {
  const metrics = finishTable(table);
  let text = '';
  let lines = 0;
  for (let row = 0; row < table.proxies.length; row++) {
    const path = prefix + rowPath(table, row);
    for (const metric of metrics) {
      if (!isPresent(metric, row)) continue;
      text += `${path}${metric.name} ${metric.values[row]!}${end}`;
      lines++;
    }
    if (text.length < blockChars) continue;
    yield { text, lines };
    text = '';
    lines = 0;
  }
  if (lines > 0) yield { text, lines };
}
