import { parseInfo, type Info, type Semantics } from '@haproxystats/haproxy';
import { countersOf, rateSuffix } from './counters/counters';
import type { InfoChanges, KnownPeak } from './counters/info-changes';
import { addPeakTo, peakedOf, peakSuffix, type PeakCells } from './counters/peaks';
import { nothingTracked, type Tracked } from './counters/row-changes';
import { fieldRules, type Origin } from './field-rules';
import { differ, type Table, type TextColumn } from './frame';
import { MergePlanner, type MergePlan } from './merge-plan';
import { PartColumns } from './part-columns';
import { semanticsFacts } from './semantics';
import { addTo, runOf } from './steps';

/** The text is not what `show info` prints. */
export class InfoFormatError extends Error {
  override readonly name = 'InfoFormatError';
}

/** A process whose `show info` is added. */
export interface InfoSource extends Origin {
  readonly process: string;
  /** Absent: nothing is known of it before. */
  readonly changes?: InfoChanges | undefined;
}

/** Lists of lines that are remembered: the HAProxy versions of a fleet. */
const maxLists = 16;
const peakParts = ['max', 'sum', 'inexact'] as const;
const threadsField = 'Nbthread';

/** Reads a `show info`. Throws InfoFormatError when there is no line with a number in it. */
export function readInfo(text: Buffer): Info {
  const info = parseInfo(text);
  if (info.numbers.size > 0) return info;
  if (text.length === 0) throw new InfoFormatError("'show info' is empty");
  const begin = text.toString('latin1', 0, 60).split('\n', 1)[0]!;
  const how = begin === '' ? 'whose first line is empty' : `which begins with '${begin}'`;
  throw new InfoFormatError(`no line 'Name: number' in 'show info', ${how}`);
}

/** Merges what processes say of themselves: into a row of all together (`daemon`), and a row for each (`process`). Used again after `take`. */
export class InfoMerger {
  readonly #together = new PartColumns();
  readonly #each = new PartColumns();
  readonly #planner: MergePlanner;
  /** By the gauge, the first of its parts; the others follow. */
  readonly #peaks: ReadonlyMap<string, number>;
  readonly #textFields: readonly string[];
  readonly #wholeNumbersOnly: boolean;
  readonly #run = runOf(1);
  /** The lines of a `show info`, by all their names together. */
  readonly #lists = new Map<string, readonly string[]>();
  #processes: string[] = [];
  #texts: ReadonlyMap<string, string>[] = [];

  constructor(semantics: Semantics, { rates, peaks }: Tracked = nothingTracked) {
    this.#planner = new MergePlanner({
      kind: 'daemon',
      semantics,
      absentIsBlank: false,
      tables: [this.#together, this.#each],
      rates: new Set(countersOf('daemon').flatMap((name) => (rates.has(name) ? name + rateSuffix : []))),
    });
    this.#peaks = new Map(peakedOf('daemon', peaks).map(({ gauge }) => [gauge, this.#addPeak(gauge)]));
    this.#textFields = fieldRules('daemon', semantics).flatMap(({ name, rule }) =>
      rule === 'text' ? name : [],
    );
    this.#wholeNumbersOnly = semanticsFacts[semantics].wholeNumbersOnly;
  }

  /** Sums in the table `daemon` last taken that are beyond 2^53. */
  get inexact(): number {
    return this.#together.inexact;
  }

  /** Adds a process; answers which lines nobody knows how to combine. */
  add(info: Info, { process, tags, alone, changes }: InfoSource): readonly string[] {
    const { texts } = info;
    const rates = changes?.rates ?? new Map<string, number>();
    const numbers = rates.size > 0 ? new Map([...info.numbers, ...rates]) : info.numbers;
    const list = this.#listOf(numbers);
    const plan = this.#planner.planOf({ names: list, own: list.length }, { tags, alone });
    const run = this.#run;
    run.values = Float64Array.from(list, (name) => numbers.get(name)!);
    run.count = 1;
    run.weights[0] = run.factors[0] = numbers.get(threadsField) ?? 1;
    const row = this.#processes.push(process) - 1;
    this.#texts.push(texts);
    this.#each.reserve(row + 1);
    this.#addTo(this.#together, plan, 0);
    this.#addTo(this.#each, plan, row);
    for (const [gauge, peak] of changes?.peaks ?? []) {
      const first = this.#peaks.get(gauge)!;
      tellPeak(peakCells(this.#together, first), 0, peak);
      tellPeak(peakCells(this.#each, first), row, peak);
    }
    return plan.dropped;
  }

  /** The tables `daemon` and `process`; none when no process was added. */
  take(): Table[] {
    const processes = this.#processes;
    const texts = this.#texts;
    this.#processes = [];
    this.#texts = [];
    const together = this.#together.take(1);
    const each = this.#each.take(processes.length);
    this.#planner.tidy();
    if (processes.length === 0) return [];
    return [
      { kind: 'daemon', proxies: [''], servers: [''], columns: together, texts: this.#agreed(texts) },
      {
        kind: 'process',
        proxies: processes,
        servers: processes.map(() => ''),
        columns: each,
        texts: this.#textFields.flatMap((field) => textColumn(field, texts) ?? []),
      },
    ];
  }

  #addTo(table: PartColumns, { steps, given }: MergePlan, row: number): void {
    this.#run.to[0] = row;
    for (const { work, part, column } of steps) work(table.cells(part), column, this.#run);
    for (const part of given) table.give(part);
  }

  /** Both tables have the same parts, under the same numbers. */
  #addPeak(gauge: string): number {
    const first = this.#together.size;
    for (const table of [this.#together, this.#each])
      for (const part of peakParts) table.add({ field: gauge + peakSuffix, rule: 'peak', part });
    return first;
  }

  /** The names of the lines to combine: the same array for the same names. */
  #listOf(numbers: ReadonlyMap<string, number>): readonly string[] {
    const names = [...numbers.keys()].filter(
      (name) => !this.#wholeNumbersOnly || Number.isInteger(numbers.get(name)),
    );
    const key = names.join('\n');
    const known = this.#lists.get(key);
    if (known) return known;
    if (this.#lists.size >= maxLists) this.#lists.clear();
    this.#lists.set(key, names);
    return names;
  }

  /** One row: what all processes agree on. */
  #agreed(texts: readonly ReadonlyMap<string, string>[]): TextColumn[] {
    return this.#textFields.flatMap((field) => {
      const words = [...new Set(texts.flatMap((each) => each.get(field) ?? []))];
      const codes = Uint16Array.of(words.length === 1 ? 1 : differ);
      return words.length > 0 ? { field, words: words.length === 1 ? words : [], codes } : [];
    });
  }
}

function tellPeak(cells: PeakCells, row: number, { peak, isExact }: KnownPeak): void {
  addPeakTo(cells, row, peak);
  addTo(cells.inexact, row, isExact ? 0 : 1);
}

function peakCells(table: PartColumns, first: number): PeakCells {
  peakParts.forEach((_, i) => table.give(first + i));
  const [max, sum, inexact] = peakParts.map((_, i) => table.cells(first + i));
  return { max: max!, sum: sum!, inexact: inexact! };
}

function textColumn(field: string, texts: readonly ReadonlyMap<string, string>[]): TextColumn | undefined {
  const words = [...new Set(texts.flatMap((each) => each.get(field) ?? []))];
  const codes = Uint16Array.from(texts, (each) => words.indexOf(each.get(field) ?? '') + 1);
  return words.length > 0 ? { field, words, codes } : undefined;
}
