import type { FailureReason } from '@haproxystats/haproxy';
import type { Answer, Unanswered } from './stats-socket';

/** Lists the processes of a master; of its CLI only, since HAProxy 1.9. */
export const showProc = 'show proc';

/** A worker as its master lists it. */
export interface Worker {
  readonly pid: number;
  /** Reloads since it began: the fewer, the newer. */
  readonly reloads: number;
  /** It takes no new connections and ends with its last one. */
  readonly isOld: boolean;
}

/** Workers by the comment that stands above them; below any other comment there are none. */
const sections: Readonly<Record<string, Pick<Worker, 'isOld'>>> = {
  '# workers': { isOld: false },
  '# old workers': { isOld: true },
};

const firstColumn = '#<PID>';
/** `[was: 1]` and `[failed: 0]` have a blank, and are one value. */
const value = /\[[^\]]*\]|\S+/g;
const wholeNumber = /^\d{1,10}$/;

/** Old workers of one master that are polled. */
export const maxOldWorkers = 32;
/** Workers of all masters of a node that are polled: more are taken for a mistake. */
export const maxWorkers = 256;

/** What other answers than a list come to, by how they begin. */
const otherAnswers: readonly (readonly [begin: string, FailureReason, hint: string])[] = [
  [firstColumn, 'truncated', 'its list has no end'],
  ['Permission denied', 'denied', 'newer releases of HAProxy need "level operator" for "show proc"'],
  ['Unknown command', 'not-haproxy', 'it is no master CLI, but maybe a stats socket'],
];

/** What a master said to `show proc`. */
export function workersIn(answer: Answer): { readonly workers: Worker[] } | Unanswered {
  if ('reason' in answer) return answer;
  const text = answer.bytes.toString('latin1');
  const workers = parseShowProc(text);
  if (workers) return { workers };
  if (text === '') return { reason: 'truncated', detail: 'closed without an answer' };
  const said = text
    .slice(0, 80)
    .split(/\r?\n/, 1)[0]!
    .replace(/[^ -~]/g, '.');
  const other = otherAnswers.find(([begin]) => text.startsWith(begin));
  const [, reason, hint] = other ?? ['', 'not-haproxy' as const, 'it is no master CLI'];
  return { reason, detail: `said "${said}": ${hint}` };
}

/**
 * The workers that a master lists, each once; undefined where the text is no whole answer to `show proc`. The columns are found by
 * their names: HAProxy 1.9 to 2.4 have one more than later ones, and 1.9 no version.
 */
export function parseShowProc(text: string): Worker[] | undefined {
  const [header = '', ...lines] = text.split('\n');
  if (!header.startsWith(firstColumn) || !text.endsWith('\n\n')) return undefined;
  const columns = [...header.matchAll(/<([^>]*)>/g)].map(([, name]) => name!);
  const workers = new Map<number, Worker>();
  let section: Pick<Worker, 'isOld'> | undefined;
  for (const line of lines) {
    if (line.startsWith('#')) section = sections[line.trimEnd()];
    const worker = section && workerOf(line, columns, section);
    if (worker && !workers.has(worker.pid)) workers.set(worker.pid, worker);
  }
  return [...workers.values()];
}

/** Those that are polled, at most `room`: the current ones, then the newest of the old ones; and how many are not. */
export function polledWorkers(all: readonly Worker[], room: number): { workers: Worker[]; leftOut: number } {
  const started = startedWorkers(all);
  const current = started.filter(({ isOld }) => !isOld);
  const old = started.filter(({ isOld }) => isOld).sort((one, other) => one.reloads - other.reloads);
  const workers = [...current, ...old.slice(0, maxOldWorkers)].slice(0, room);
  return { workers, leftOut: started.length - workers.length };
}

/**
 * Those of them that have begun to work. Since HAProxy 3.1 a reload lists the new worker from the moment it is forked, as current as
 * the one that it will take the place of: until it has read its configuration it answers nobody.
 */
function startedWorkers(workers: readonly Worker[]): Worker[] {
  const current = workers.filter(({ isOld }) => !isOld);
  const most = Math.max(...current.map(({ reloads }) => reloads));
  return workers.filter(({ isOld, reloads }) => isOld || reloads === most);
}

function workerOf(line: string, columns: readonly string[], section: Pick<Worker, 'isOld'>) {
  const values = line.match(value) ?? [];
  const [pid = '', type, reloads = ''] = ['PID', 'type', 'reloads'].map(
    (name) => values[columns.indexOf(name)],
  );
  if (type !== 'worker' || !wholeNumber.test(pid) || !wholeNumber.test(reloads)) return undefined;
  return { pid: Number(pid), reloads: Number(reloads), ...section };
}
