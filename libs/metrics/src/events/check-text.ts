import { differ, type Table } from '../frame';
import { textOf } from './seen-states';

/** What is looked at, beside the status. */
export const checkFields: ReadonlySet<string> = new Set([
  'check_status',
  'check_desc',
  'last_chk',
  'agent_status',
  'agent_desc',
  'last_agt',
]);

const maxLength = 500;
/** In front of the result of the check before. */
const underWay = /^\s*\*?\s*/;

/** Why a row is in its state, as far as HAProxy says so: the text of the last check or of the agent, or who put it there. '' where nothing is said. */
export function checkText(tables: readonly Table[], row: number): string {
  const [table, at] = placeOf(tables, row);
  if (!table) return '';
  const of = (field: string): string => wordOf(table, field, at);
  const status = of('status').trim();
  if (status.startsWith('MAINT')) return status === 'MAINT' ? '' : status;
  const isAgent = status.includes('(agent)');
  const result = of(isAgent ? 'agent_status' : 'check_status').replace(underWay, '');
  const text = of(isAgent ? 'last_agt' : 'last_chk') || of(isAgent ? 'agent_desc' : 'check_desc');
  return [result, text]
    .filter((each) => each !== '')
    .join(': ')
    .slice(0, maxLength);
}

function placeOf(tables: readonly Table[], row: number): [table: Table | undefined, row: number] {
  let at = row;
  for (const table of tables) {
    if (at < table.proxies.length) return [table, at];
    at -= table.proxies.length;
  }
  return [undefined, 0];
}

function wordOf(table: Table, field: string, row: number): string {
  const text = textOf(table, field);
  const code = text?.codes[row] ?? 0;
  return code === 0 || code === differ ? '' : text!.words[code - 1]!;
}
