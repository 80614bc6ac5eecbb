import { readFramePart, type FramePart, type LogRecord } from '@haproxystats/messaging';
import { isPresent, type Coverage, type MissingProcess, type Table } from '@haproxystats/metrics';

/** A frame as a reader sees it. */
export interface Emission {
  readonly part: FramePart;
  /** When it was emitted, ms since the epoch. */
  readonly at: number;
  readonly node: string;
  readonly slot: number;
  readonly coverage: Coverage;
  readonly missing: readonly MissingProcess[];
  /** Of each process in it the id of its answer. */
  readonly members: ReadonlyMap<string, readonly number[]>;
  readonly ids: readonly number[];
  /** Of the frontends `a` and `b`. */
  readonly stot: readonly [number, number];
}

export function emissionOf(record: LogRecord, at: number): Emission {
  const part = readFramePart(record);
  const { head, tables } = part.frame;
  const rows = (kind: Table['kind']) => tables.find((table) => table.kind === kind);
  const stot = valuesOf(rows('frontend'), 'stot');
  const members = valuesOf(rows('process'), 'CumReq');
  return {
    part,
    at,
    node: head.node,
    slot: head.slot,
    coverage: head.coverage,
    missing: head.missing,
    members,
    ids: [...members.values()].flat(),
    stot: [sum(stot.get('a')), sum(stot.get('b'))],
  };
}
/** The values of a field, by the name of their row. */
function valuesOf(table: Table | undefined, field: string): Map<string, number[]> {
  const column = table?.columns.find((each) => each.field === field);
  const values = new Map<string, number[]>();
  for (const [row, name] of table?.proxies.entries() ?? []) {
    if (column && isPresent(column, row))
      values.set(name, [...(values.get(name) ?? []), column.values[row]!]);
  }
  return values;
}

export function sum(numbers: readonly number[] = []): number {
  return numbers.reduce((total, each) => total + each, 0);
}
