import type { Passage } from './oracle/judgement';
import { percentile } from './oracle/percentile';
import type { RowResult } from './run-row';

type Column = [title: string, of: (result: RowResult) => string | number];

/** THE COLUMNS of the table. */
const columns: readonly Column[] = [
  ['', ({ row }) => row.name],
  ['s', ({ seconds }) => seconds],
  ['faults', ({ faults }) => (faults ? `${faults.reached}/${faults.total}` : '')],
  ['polls', ({ judgement }) => judgement.polls],
  ['complete', ({ judgement }) => judgement.complete],
  ['partial', ({ judgement }) => judgement.partial],
  ['emissions', ({ judgement }) => judgement.emissions],
  ['duplicates', ({ judgement }) => judgement.duplicates],
  ['late', ({ judgement }) => judgement.late],
  ['lost', ({ judgement, accounts }) => judgement.lost.count + accounts.lost.count],
  ['doubled', ({ judgement }) => judgement.doubled.count],
  ['wrong', ({ judgement }) => judgement.wrong.count + judgement.lied.count + judgement.unheard.count],
  ['torn', ({ accounts }) => accounts.torn.count],
  ['lines lost', ({ judgement }) => judgement.undelivered.count + judgement.altered.count],
  ['stale', ({ judgement }) => judgement.stale.count],
  ['kills', ({ kills }) => kills],
  ['in flight', ({ killsInFlight }) => killsInFlight],
  ['exits', ({ exits }) => exits],
  ['frame p50/p99 ms', (result) => delays(result, ({ framedAt }) => framedAt)],
  ['Graphite p50/p99 ms', (result) => delays(result, ({ deliveredAt }) => deliveredAt)],
  ['', ({ broken }) => (broken.length === 0 ? 'kept' : 'BROKEN')],
];

function delays({ judgement }: RowResult, end: (passage: Passage) => number | undefined): string {
  const known = judgement.passages.flatMap((passage) => {
    const at = end(passage);
    return at === undefined ? [] : [at - passage.polledAt];
  });
  return [0.5, 0.99].map((share) => percentile(known, share).toFixed(0)).join('/');
}

/** The table, then of each row its promise, its notes, and what it has broken. */
export function reportOf(results: readonly RowResult[]): string {
  const table = [
    columns.map(([title]) => title),
    ...results.map((result) => columns.map(([, of]) => String(of(result)))),
  ];
  const widths = columns.map((_, i) => Math.max(...table.map((cells) => cells[i]!.length)));
  const lines = table.map((cells) => cells.map((cell, i) => cell.padStart(widths[i]!)).join('  '));
  return [...lines, '', ...results.flatMap(remarks)].join('\n');
}

function remarks({ row, notes, broken }: RowResult): string[] {
  return [
    `${row.name}: ${row.promise}`,
    ...notes.map((note) => `  ${note}`),
    ...broken.map((promise) => `  BROKEN ${promise}`),
  ];
}
