import { presenceBytes, setPresent, type Column } from '@haproxystats/metrics';

/** A column with these cells; undefined is a blank. */
export function column(field: string, part: Column['part'], cells: readonly (number | undefined)[]): Column {
  const present = new Uint8Array(presenceBytes(cells.length));
  cells.forEach((cell, row) => {
    if (cell !== undefined) setPresent(present, row);
  });
  return { field, part, values: Float64Array.from(cells, (cell) => cell ?? 0), present };
}
