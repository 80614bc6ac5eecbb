import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What one process said in a snapshot, read as plainly as can be: by `split`, for a second opinion on the product. */
export interface ProcessInput {
  /** The name of its files, without `_info` and `_stat`. */
  readonly process: string;
  /** The lines of `show info` whose value is an integer. */
  readonly info: ReadonlyMap<string, number>;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  /** By column; a blank is an empty text, and a cell that is not there at all is missing. */
  readonly cells: ReadonlyMap<string, string>;
  /** In the line, whether the header has a column for them or not. */
  readonly fields: number;
}

/** The files of one snapshot directory, by process. */
export function readInputs(directory: string): ProcessInput[] {
  const texts = new Map(
    readdirSync(directory).map((name) => [name.replace(/\.gz$/, ''), textOf(join(directory, name))]),
  );
  const processes = new Set([...texts.keys()].map((name) => name.replace(/_(info|stat)$/, '')));
  return [...processes].sort().map((process) => ({
    process,
    info: infoOf(texts.get(`${process}_info`) ?? ''),
    ...statOf(texts.get(`${process}_stat`) ?? ''),
  }));
}

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
}

function infoOf(text: string): Map<string, number> {
  const lines = text.split('\n').map((line) => line.split(': '));
  return new Map(
    lines.flatMap(([name, value]) =>
      /^-?\d+$/.test(value?.trim() ?? '') ? [[name!, Number(value)] as const] : [],
    ),
  );
}

function statOf(text: string): Pick<ProcessInput, 'columns' | 'rows'> {
  const [header = '', ...lines] = text.split('\n');
  const columns = header.replace(/^# /, '').replace(/,$/, '').split(',');
  const rows = lines.filter((line) => line !== '').map((line) => line.replace(/,$/, '').split(','));
  return {
    columns,
    rows: rows.map((cells) => ({
      cells: new Map(
        columns.flatMap((column, i) => (cells[i] === undefined ? [] : [[column, cells[i]] as const])),
      ),
      fields: cells.length,
    })),
  };
}
