import { readFramePart } from '@haproxystats/messaging';
import { isPresent, type Table } from '@haproxystats/metrics';
import { counters as counterNames } from '../../support/show-stat';
import type { Counters } from './raw-slots';
import { slotKey, type LogRead } from './records';

/** A frame as it lies in the frames topic. */
export interface Emission {
  readonly key: string;
  readonly appendedAt: number;
  readonly covered: number;
  readonly expected: number;
  /** Processes it does not count. */
  readonly missing: readonly string[];
  readonly counters: Counters;
}

/** The frame of a record. Throws for bytes that are no frame, and for a part of one: the nodes of the suite are small. */
export function emissionOf(record: LogRead): Emission {
  const { parts, frame } = readFramePart(record);
  if (parts !== 1) throw new Error(`a frame of ${parts} parts: the oracle reads whole ones`);
  const { cluster, node, slot, coverage, missing } = frame.head;
  return {
    key: slotKey(cluster, node, slot),
    appendedAt: record.appendedAt,
    ...coverage,
    missing: missing.map(({ process }) => process),
    counters: new Map(frame.tables.flatMap(cellsOf)),
  };
}

const serverNames: Readonly<Record<string, string>> = { frontend: 'FRONTEND', backend: 'BACKEND' };

/** The sums among the cells of a table, named as in `show stat`. */
function cellsOf({ kind, proxies, servers, columns }: Table): [string, number][] {
  if (!['frontend', 'backend', 'server'].includes(kind)) return [];
  const summed = columns.filter(({ field, part }) => part === 'sum' && counterNames.includes(field));
  return summed.flatMap((column) =>
    [...proxies.keys()]
      .filter((row) => isPresent(column, row))
      .map((row): [string, number] => [
        `${proxies[row]!} ${serverNames[kind] ?? servers[row]!} ${column.field}`,
        column.values[row]!,
      ]),
  );
}

/** The emissions of each slot, in the order of the log. */
export class Emissions {
  readonly #bySlot = new Map<string, Emission[]>();

  add(emission: Emission): void {
    const known = this.#bySlot.get(emission.key);
    if (known) known.push(emission);
    else this.#bySlot.set(emission.key, [emission]);
  }

  get keys(): Iterable<string> {
    return this.#bySlot.keys();
  }

  of(key: string): readonly Emission[] {
    return this.#bySlot.get(key) ?? [];
  }
}
