/** The text is not the CSV that `show stat` prints. */
export class StatFormatError extends Error {
  override readonly name = 'StatFormatError';
}

/** Bounds of what is taken for a `show stat` header. HAProxy 3.5 prints 119 columns, and more with modules. */
const maxHeaderBytes = 65_536;
const maxColumns = 2_048;
const maxColumnName = 128;

/** Rows that are scanned at a time: few enough that their cells stay near the processor. */
export const batchRows = 128;
/** Cells from one column of a batch to the next: not a power of two, which would have them all compete for the same cache lines. */
export const stride = batchRows + 8;

/** What to keep of a column. */
export type ColumnUse = 'number' | 'text' | 'none';

/** Where the cells of a CSV with a certain header go. Made once per header, and the same object as long as the header's bytes are the same. */
export interface StatLayout {
  /** The header's bytes, with the line end. */
  readonly header: Buffer;
  /** How many columns the header has, counting repeated and unnamed ones. */
  readonly columns: number;
  /** For each column where the cells of its first row go: among the numbers, or, where negative, among the texts, as `-1 - cell`. */
  readonly cells: Int32Array;
  /** The columns kept as numbers: the `i`th has its cells from `i * stride`. The first is `type`. */
  readonly numbers: readonly string[];
  /** How many of these come first that are HAProxy's own; the others are printed by its modules, behind the column named `-`. */
  readonly own: number;
  /** The columns kept as texts, likewise. The first two are `pxname` and `svname`. */
  readonly texts: readonly string[];
}

const nameColumns = ['pxname', 'svname'];
const typeColumn = 'type';
/** Only separates HAProxy's own columns from those of its modules. */
const modulesMark = '-';
const voidColumns = ['', modulesMark];

/** Finds the columns by name, never by position (management guide, 9.1). Throws StatFormatError when it is no such header. */
export function parseStatHeader(csv: Buffer, useOf: (name: string) => ColumnUse): StatLayout {
  const header = csv.subarray(0, headerEnd(csv));
  const names = namesOf(header);
  const texts = [...nameColumns];
  const numbers = [typeColumn];
  let own: number | undefined;
  for (const name of new Set(names)) {
    if (name === modulesMark) own = numbers.length;
    if (isFixed(name) || voidColumns.includes(name) || name.length > maxColumnName) continue;
    const use = useOf(name);
    if (use === 'number') numbers.push(name);
    else if (use === 'text') texts.push(name);
  }
  const cells = cellsOf(names, { numbers, texts });
  return {
    header: Buffer.from(header),
    columns: names.length,
    cells,
    numbers,
    own: own ?? numbers.length,
    texts,
  };
}

function headerEnd(csv: Buffer): number {
  const begin = csv.subarray(0, maxHeaderBytes);
  const end = begin.indexOf(0x0a) + 1;
  if (end > 0) return end;
  const fault =
    csv.length === 0 ? "'show stat' is empty" : `no line of 'show stat' ends within ${begin.length} bytes`;
  throw new StatFormatError(fault);
}

function namesOf(header: Buffer): string[] {
  const names = header
    .toString('latin1')
    .replace(/^#\s*/, '')
    .split(',')
    .map((name) => name.trim());
  if (names.length > maxColumns) throw new StatFormatError(`a header of ${names.length} columns`);
  const missing = [...nameColumns, typeColumn].find((name) => !names.includes(name));
  if (missing === undefined) return names;
  const begin = header.toString('latin1', 0, 60).trim();
  const line = begin === '' ? 'is empty' : `begins with '${begin}'`;
  throw new StatFormatError(`no column '${missing}' in the first line, which ${line}`);
}

function isFixed(name: string): boolean {
  return name === typeColumn || nameColumns.includes(name);
}

/** Only the first of several columns of one name counts. What is not kept goes to a column behind the texts: it is not read as a number. */
function cellsOf(names: readonly string[], { numbers, texts }: Pick<StatLayout, 'numbers' | 'texts'>) {
  const cells = new Map([
    ...texts.map((name, i) => [name, -1 - i * stride] as const),
    ...numbers.map((name, i) => [name, i * stride] as const),
  ]);
  return Int32Array.from(names, (name) => {
    const cell = cells.get(name) ?? -1 - texts.length * stride;
    cells.delete(name);
    return cell;
  });
}
