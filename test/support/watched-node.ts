import { stateNames, stateOf } from '@haproxystats/haproxy';
import type { Frame, FrameHead, MissingProcess, ProcessLife, Table } from '@haproxystats/metrics';
import { column, textColumn } from './frame-column';
import { frameHead, tableOf } from './frames';

export const intervalMs = 10_000;
export const firstSlot = 1_700_000_000_000;

/** `web`, `be` and `be/s1` by their kinds, with the status that a process sees them in. */
export type SeenRows = Readonly<Record<string, string>>;

export interface SeenProcess {
  readonly rows: SeenRows;
  readonly pid?: number;
  /** Slots before the first one, or seconds; by default long ago. */
  readonly startedAt?: number;
  readonly isStopping?: true;
  readonly version?: string;
}

export interface Said {
  /** In slots from the first one. */
  readonly slot: number;
  /** By process; a text is the reason why it is missing. */
  readonly processes: Readonly<Record<string, SeenProcess | MissingProcess['reason']>>;
  readonly node?: string;
  readonly texts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly lastchg?: Readonly<Record<string, number>>;
}

function isSeen(each: SeenProcess | string): each is SeenProcess {
  return typeof each !== 'string';
}

/** The frame of a node, put together in the plainest way: the worst status of all processes that serve, and how many see which. */
export function watchedFrame({ slot, processes, node = 'lb1', texts, lastchg }: Said): Frame {
  const all = Object.entries(processes);
  const answers = all.flatMap(([process, each]) => (isSeen(each) ? [{ process, ...each }] : []));
  const rows = new Map<string, string[]>();
  for (const { rows: seen } of answers.filter(({ isStopping }) => isStopping !== true))
    for (const [name, status] of Object.entries(seen)) rows.set(name, [...(rows.get(name) ?? []), status]);
  const head: Partial<FrameHead> = {
    node,
    slot: firstSlot + slot * intervalMs,
    intervalMs,
    coverage: { covered: answers.length, expected: all.length },
    missing: all.flatMap(([process, each]) => (isSeen(each) ? [] : [{ process, reason: each }])),
    processes: answers.map(lifeOf),
  };
  const tables = ['frontend', 'backend', 'server'].flatMap((kind) =>
    tableFor(kind as Table['kind'], rows, { ...(texts && { texts }), ...(lastchg && { lastchg }) }),
  );
  return { head: frameHead(head), tables };
}

function worstOf(statuses: readonly string[]): string {
  return statuses.toSorted((a, b) => stateOf(b).severity - stateOf(a).severity)[0]!;
}

function lifeOf({
  process,
  pid = 7,
  startedAt = -1_000,
  isStopping,
  version = '3.0.1',
}: SeenProcess & { process: string }): ProcessLife {
  const at = firstSlot + startedAt * intervalMs;
  return { process, pid, startedAt: at, version, ...(isStopping && { isStopping }) };
}

function tableFor(
  kind: Table['kind'],
  rows: ReadonlyMap<string, readonly string[]>,
  { texts = {}, lastchg }: Pick<Said, 'texts' | 'lastchg'>,
): Table[] {
  const own = [...rows].filter(([name]) => kindOf(name) === kind);
  if (own.length === 0) return [];
  const names = own.map(([name]) => name);
  const ages = names.map((name) => lastchg?.[name]);
  const counts = stateNames.map((state) => {
    const seen = own.map(
      ([, statuses]) => statuses.filter((status) => stateOf(status).name === state).length,
    );
    return column({ name: `status_${state}`, rule: 'sum' }, 'sum', seen);
  });
  const worst = own.map(([, statuses]) => worstOf(statuses));
  const others = Object.entries(texts).map(([field, of]) =>
    textColumn(
      field,
      names.map((name) => of[name] ?? ''),
    ),
  );
  const columns = lastchg ? [column('lastchg', 'min', ages), ...counts] : counts;
  return [{ ...tableOf(kind, names, columns), texts: [textColumn('status', worst), ...others] }];
}

/** A name with a `/` is a server's, one that begins with `be` a backend's. */
function kindOf(name: string): Table['kind'] {
  if (name.includes('/')) return 'server';
  return name.startsWith('be') ? 'backend' : 'frontend';
}
