import { fieldNamed } from './catalogue';
import { rowKinds, type EntityKind } from './field';
import { parseInfo } from './parse-info';
import { parseTyped } from './parse-typed';
import type { ProcessReply } from './poll';
import { stride, type ColumnUse } from './stat-header';
import { StatScanner, type StatRows } from './stat-scanner';
import type { Tags } from './tags';

/** What one process printed and the catalogue has no row for. */
export interface Unknown {
  /** Names, by kind: those that have a value somewhere. */
  readonly names: ReadonlyMap<EntityKind, ReadonlySet<string>>;
  /** The command that makes HAProxy say the tags of all of them: of as many rows as they take, and of `show info`. */
  readonly command: string;
  /**
   * Look again: there are new columns that a kind of row has no value in, or only in rows that the command does not ask for; or the answer
   * is too large to be looked through.
   */
  readonly isPartial: boolean;
}

export type IsKnown = (kind: EntityKind, name: string) => boolean;

/** Rows of each kind that are asked for at most: one is enough unless columns depend on a proxy's mode or the like. */
const maxRowsOfKind = 4;
/** Of each kind, and their names' length: what travels with every poll. */
const maxNames = 256;
const maxNameLength = 64;
/** Cells that are looked at: more than 200,000 rows of HAProxy 3.4 have; it takes half a second. */
const maxCells = 16_000_000;

const notFields = new Set(['', '-']);
const inCatalogue: IsKnown = (kind, name) => fieldNamed(kind, name) !== undefined;

export interface Known {
  /** What is known already of unknown columns. */
  readonly learnt?: Tags;
  readonly isKnown?: IsKnown;
}

/**
 * Looks for what is new in a process' answer. A column is unknown where its kind of row has no such field, even if another kind has.
 * Throws StatFormatError when `stat` is no `show stat` CSV.
 */
export function findUnknown({ info, stat }: Pick<ProcessReply, 'info' | 'stat'>, known: Known = {}): Unknown {
  const { learnt = {}, isKnown = inCatalogue } = known;
  const isNew: IsKnown = (kind, name) => isName(name) && !isKnown(kind, name) && !hasTag(learnt, kind, name);
  const lines = [...parseInfo(info).numbers.keys()].filter((name) => isNew('daemon', name));
  const search = new RowSearch(isKnown, isNew);
  search.read(stat);
  const names = new Map<EntityKind, ReadonlySet<string>>(search.found);
  if (lines.length > 0) names.set('daemon', new Set(lines.slice(0, maxNames)));
  const commands = lines.length > 0 ? [...search.commands, 'show info typed'] : search.commands;
  return { names, command: commands.join(';'), isPartial: search.isPartial };
}

/** The tags that the answer to `command` gives for the unknown names. Throws TypedFormatError. */
export function tagsOf({ names }: Pick<Unknown, 'names'>, answer: Buffer): Tags {
  const tags: Partial<Record<EntityKind, Record<string, string>>> = {};
  for (const { kind, values } of parseTyped(answer)) {
    for (const [name, { tag }] of values) {
      if (names.get(kind)?.has(name)) tags[kind] = { ...tags[kind], [name]: tag };
    }
  }
  return tags;
}

function hasTag(tags: Tags, kind: EntityKind, name: string): boolean {
  return Object.hasOwn(tags[kind] ?? {}, name);
}

function isName(name: string): boolean {
  return !notFields.has(name) && name.length <= maxNameLength;
}

/** Finds, kind by kind, rows that have a value in unknown columns, until each such column has a row. */
class RowSearch {
  readonly found = new Map<EntityKind, Set<string>>();
  readonly commands: string[] = [];
  readonly #scanner: StatScanner;
  /** Column names that no kind knows. */
  readonly #strange = new Set<string>();
  readonly #asked = new Map<EntityKind, number>();
  #cells = 0;
  #isCut = false;

  constructor(
    private readonly isKnown: IsKnown,
    private readonly isNew: IsKnown,
  ) {
    this.#scanner = new StatScanner((name) => this.#useOf(name));
  }

  get isPartial(): boolean {
    const isOpen = (kind: EntityKind): boolean =>
      [...this.#strange].some((name) => this.isNew(kind, name) && !this.found.get(kind)?.has(name));
    return this.#isCut || rowKinds.some(isOpen);
  }

  read(stat: Buffer): void {
    const scanner = this.#scanner;
    const layout = scanner.layoutOf(stat);
    const columns = rowKinds.map((kind) =>
      layout.texts.flatMap((name, i) => (this.isNew(kind, name) ? [{ name, from: i * stride }] : [])),
    );
    scanner.begin(stat, layout);
    while (this.#cells < maxCells && scanner.next()) {
      const rows = scanner.rows;
      for (let row = 0; row < rows.count; row++) this.#look(rows, row, columns[rows.kinds[row]!]!);
    }
    this.#isCut = this.#cells >= maxCells || scanner.isGivenUp;
  }

  #useOf(name: string): ColumnUse {
    const knowing = rowKinds.filter((kind) => this.isKnown(kind, name));
    if (isName(name) && knowing.length === 0) this.#strange.add(name);
    return name === 'iid' || name === 'sid' || knowing.length < rowKinds.length ? 'text' : 'none';
  }

  #look(rows: StatRows, row: number, columns: readonly Column[]): void {
    const kind = rowKinds[rows.kinds[row]!]!;
    this.#cells += columns.length;
    const known = this.found.get(kind);
    const news = columns.filter(
      ({ name, from }) => rows.ends[from + row]! > rows.starts[from + row]! && !known?.has(name),
    );
    if (news.length === 0) return;
    const command = this.#commandFor(rows, row);
    if (command === undefined) return;
    this.commands.push(command);
    const names = [...(known ?? []), ...news.map(({ name }) => name)];
    this.found.set(kind, new Set(names.slice(0, maxNames)));
  }

  /** `show stat <iid> <type> <sid> typed` (management guide, 9.3) for this row; undefined where it has no ids or enough rows are asked for. */
  #commandFor(rows: StatRows, row: number): string | undefined {
    const type = rows.kinds[row]!;
    const kind = rowKinds[type]!;
    const asked = this.#asked.get(kind) ?? 0;
    const [iid, sid] = [idIn(rows, 'iid', row), idIn(rows, 'sid', row)];
    if (asked >= maxRowsOfKind || iid === undefined || sid === undefined) return undefined;
    this.#asked.set(kind, asked + 1);
    return `show stat ${iid} ${1 << type} ${sid} typed`;
  }
}

interface Column {
  readonly name: string;
  /** Where its cells begin. */
  readonly from: number;
}

function idIn({ layout, text, starts, ends }: StatRows, name: string, row: number): string | undefined {
  const cell = layout.texts.indexOf(name) * stride + row;
  if (cell < 0) return undefined;
  const id = text.toString('latin1', starts[cell], ends[cell]);
  return /^\d{1,10}$/.test(id) ? id : undefined;
}
