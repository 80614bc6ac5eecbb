const infoStart = 'Name: ';
const statStart = '# pxname,';
const newline = 0x0a;
const comma = 0x2c;
const quote = 0x22;

/** What a whole answer to `show info;show stat` turned out to be. */
export type SplitReply =
  | { readonly verdict: 'whole'; readonly info: Buffer; readonly stat: Buffer }
  | { readonly verdict: 'truncated' | 'denied' | 'not-haproxy' | 'master'; readonly detail: string };

/**
 * Splits the answer to `show info;show stat` into its two blocks, views on the same bytes without the empty lines.
 * `whole` is said only when both blocks ended with their empty line and the last CSV row has all its columns;
 * `master` is the answer of a master CLI, which has no statistics of its own.
 */
export function splitReply(reply: Buffer): SplitReply {
  if (reply.length === 0) return { verdict: 'truncated', detail: 'closed without an answer' };
  if (!beginsAs(reply, infoStart)) return strange(reply, 'info');
  const infoEnd = reply.indexOf('\n\n');
  if (infoEnd < 0) return { verdict: 'truncated', detail: 'ended within the answer to show info' };
  const info = reply.subarray(0, infoEnd + 1);
  const rest = reply.subarray(infoEnd + 2);
  if (!beginsAs(rest, statStart)) return strange(rest, 'stat');
  const end = rest.length;
  if (end < statStart.length || rest[end - 1] !== newline || rest[end - 2] !== newline) {
    return { verdict: 'truncated', detail: 'ended within the answer to show stat' };
  }
  const stat = rest.subarray(0, end - 1);
  if (!isLastRowWhole(stat)) return { verdict: 'truncated', detail: 'the last row of show stat is cut' };
  return { verdict: 'whole', info, stat };
}

/** Begins with `start`, or was cut before `start` was complete. */
function beginsAs(bytes: Buffer, start: string): boolean {
  return start.startsWith(bytes.toString('latin1', 0, start.length));
}

function strange(bytes: Buffer, half: 'info' | 'stat'): SplitReply {
  const text = bytes.toString('latin1', 0, 80);
  const begin = firstLine(text);
  if (begin === '') return { verdict: 'truncated', detail: `the answer to show ${half} is empty` };
  const detail = `said "${begin}"`;
  if (text.startsWith('Permission denied')) return { verdict: 'denied', detail };
  if (text.startsWith('Unknown command')) return { verdict: 'master', detail };
  return { verdict: 'not-haproxy', detail };
}

/** The first line, fit for a log. */
function firstLine(text: string): string {
  return (text.split(/\r?\n/, 1)[0] ?? '').replace(/[^ -~]/g, '.');
}

function isLastRowWhole(stat: Buffer): boolean {
  const header = stat.subarray(0, stat.indexOf(newline));
  const lastRow = stat.subarray(stat.lastIndexOf(newline, stat.length - 2) + 1, stat.length - 1);
  return separators(lastRow) === separators(header);
}

/** Commas outside quotes: HAProxy ends each value with one. */
function separators(line: Buffer): number {
  let count = 0;
  let quoted = false;
  for (const byte of line) {
    if (byte === quote) quoted = !quoted;
    else if (byte === comma && !quoted) count++;
  }
  return count;
}
