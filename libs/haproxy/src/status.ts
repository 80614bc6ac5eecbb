import { backends, balanced, everywhere, listeners, receiving, servers } from './catalogue/kinds';
import type { EntityKind } from './field';

export type StateName =
  | 'UP'
  | 'NO_CHECK'
  | 'UNPUB'
  | 'NOLB'
  | 'DRAIN'
  | 'MAINT'
  | 'DOWN'
  | 'OPEN'
  | 'WAITING'
  | 'FULL'
  | 'PAUSED'
  | 'STOP'
  | 'UNKNOWN';

/** What a `status` text says. Two texts of one state can differ in severity: `UP 1/3` is about to go down. */
export interface State {
  readonly name: StateName;
  /** The kinds of entity that can be in it. */
  readonly kinds: readonly EntityKind[];
  /** Of several processes' texts the one with the largest severity is the worst. */
  readonly severity: number;
  /** 1 where the entity takes new traffic, else 0. */
  readonly up: 0 | 1;
  /** The kinds for which its count is sent even where nobody is in it, so that a chart has a line before there is trouble. */
  readonly usual: readonly EntityKind[];
}

interface StateRow extends Omit<State, 'severity'> {
  readonly text: RegExp;
}

/**
 * THE STATES, from the best to the worst: the first row whose `text` fits says what a status means. An unknown text is worse than all
 * that take traffic, and hides none of those that are known not to.
 */
const rows: readonly StateRow[] = [
  { text: /^OPEN\b/, name: 'OPEN', kinds: receiving, up: 1, usual: receiving },
  { text: /^UP$/, name: 'UP', kinds: balanced, up: 1, usual: balanced },
  { text: /^no check\b/, name: 'NO_CHECK', kinds: servers, up: 1, usual: [] },
  { text: /^UP\b(?!.*\bUNPUB\b)/, name: 'UP', kinds: balanced, up: 1, usual: balanced },
  { text: /^WAITING\b/, name: 'WAITING', kinds: listeners, up: 1, usual: [] },
  { text: /^FULL\b/, name: 'FULL', kinds: receiving, up: 1, usual: [] },
  { text: /^$/, name: 'UNKNOWN', kinds: everywhere, up: 0, usual: [] },
  // `unpublish backend`: what is there goes on, but no new traffic comes.
  { text: /^UP\b/, name: 'UNPUB', kinds: backends, up: 0, usual: [] },
  { text: /^NOLB\b/, name: 'NOLB', kinds: servers, up: 0, usual: [] },
  { text: /^DRAIN\b/, name: 'DRAIN', kinds: servers, up: 0, usual: servers },
  { text: /^PAUSED\b/, name: 'PAUSED', kinds: receiving, up: 0, usual: [] },
  { text: /^STOP\b/, name: 'STOP', kinds: receiving, up: 0, usual: [] },
  { text: /^MAINT\b/, name: 'MAINT', kinds: servers, up: 0, usual: servers },
  { text: /^DOWN \d/, name: 'DOWN', kinds: balanced, up: 0, usual: balanced },
  { text: /^DOWN\b/, name: 'DOWN', kinds: balanced, up: 0, usual: balanced },
];

const states = rows.map(({ text, ...state }, severity) => ({ text, state: { ...state, severity } }));
const unknown = states.find(({ state }) => state.name === 'UNKNOWN')!.state;

/** Every state, from the best to the worst; one that has several texts more than once. */
export const allStates: readonly State[] = states.map(({ state }) => state);

/** The names of all states, the best first. */
export const stateNames: readonly StateName[] = [...new Set(rows.map(({ name }) => name))];

/**
 * What a status text means. HAProxy writes more behind the state: `UP 1/3` (checks passed of those needed), `MAINT (via be/srv)`,
 * `DRAIN (agent)`, `UP (UNPUB)`; a text it never wrote so far is `UNKNOWN`.
 */
export function stateOf(status: string): State {
  const text = status.trimStart();
  return states.find((row) => row.text.test(text))?.state ?? unknown;
}

/** The states whose count is always sent for a kind of entity; all others where somebody is in them. */
export function usualStates(kind: EntityKind): readonly StateName[] {
  return stateNames.filter((name) => rows.some((row) => row.name === name && row.usual.includes(kind)));
}

/** Results of health checks and agents (`check_status`, `agent_status`), from the best to the worst; see `check_status` in the management guide, 9.1. */
const checkResults: readonly RegExp[] = [
  /^$/,
  /^(L7OK|L6OK|L4OK|L7OKC|PROCOK)$/,
  /^(INI|UNK)$/,
  /^(L7|PROC|HANA)/,
  /^L6/,
  /^L4/,
  /^SOCKERR$/,
];
const undecided = checkResults.findIndex((text) => text.test('UNK'));

/** Ranks a check's result: 0 where there is none, 1 where it passed, more the deeper it failed. `* ` in front says that a check is under way. */
export function checkSeverity(checkStatus: string): number {
  const text = checkStatus.replace(/^\s*\*\s*/, '').trimStart();
  const severity = checkResults.findIndex((result) => result.test(text));
  return severity === -1 ? undecided : severity;
}
