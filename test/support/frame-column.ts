import { fields, type Rule } from '@haproxystats/haproxy';
import { presenceBytes, setPresent, type Column, type TextColumn } from '@haproxystats/metrics';

/** A column with these cells; undefined is a blank. Of a field by its name the rule is the catalogue's. */
export function column(
  field: string | { readonly name: string; readonly rule: Rule },
  part: Column['part'],
  cells: readonly (number | undefined)[],
): Column {
  const { name, rule } = typeof field === 'string' ? { name: field, rule: ruleOf(field) } : field;
  const present = new Uint8Array(presenceBytes(cells.length));
  cells.forEach((cell, row) => {
    if (cell !== undefined) setPresent(present, row);
  });
  return { field: name, rule, part, values: Float64Array.from(cells, (cell) => cell ?? 0), present };
}

/** A column of texts; '' is none. */
export function textColumn(field: string, cells: readonly string[]): TextColumn {
  const words = [...new Set(cells.filter((cell) => cell !== ''))];
  const codes = new Map(words.map((word, i) => [word, i + 1]));
  return { field, words, codes: Uint16Array.from(cells, (cell) => codes.get(cell) ?? 0) };
}

function ruleOf(name: string): Rule {
  return fields.find((field) => field.name === name)?.exact.processes ?? 'sum';
}
