import type { ProcessAnswer } from './snapshots';

/**
 * The plain way: split lines and cells, an object per row, a map per entity, a line per number. What the stages are compared
 * with in the same run, because figures of one machine and hour say little by themselves.
 */
export function plainLines(answers: readonly ProcessAnswer[]): string[] {
  const entities = new Map<string, Map<string, number>>();
  for (const { stat } of answers) {
    const [header = '', ...lines] = stat.toString().trim().split('\n');
    const names = header.replace('# ', '').split(',');
    for (const line of lines)
      addRow(entities, Object.fromEntries(line.split(',').map((cell, i) => [names[i] ?? '', cell])));
  }
  return [...entities].flatMap(([entity, sums]) =>
    [...sums].map(([name, sum]) => `loadbalancers.node.haproxy.${entity}.${name} ${sum} 1700000000`),
  );
}

function addRow(entities: Map<string, Map<string, number>>, row: Record<string, string>): void {
  const entity = `${row['pxname'] ?? ''}.${row['svname'] ?? ''}`;
  const sums = entities.get(entity) ?? new Map<string, number>();
  entities.set(entity, sums);
  for (const [name, cell] of Object.entries(row)) {
    if (/^\d+$/.test(cell)) sums.set(name, (sums.get(name) ?? 0) + Number(cell));
  }
}
