import { fields, type Field } from '@haproxystats/haproxy';
import { finishTable } from './finish';
import type { Table } from './frame';
import { ProcessMerger } from './merge-processes';

/** A row of the catalogue, and what it is sent as. */
export interface FieldMetrics extends Field {
  /** The same for every kind of entity. */
  readonly metrics: readonly string[];
}

/** What each field of the catalogue is sent as. Not written down but found out, from a process that has a number for all of them. */
export function fieldMetrics(): FieldMetrics[] {
  const tables = tablesOfEverything();
  return fields.map((field) => ({ ...field, metrics: metricNames(field, tables) }));
}

function metricNames({ name, kinds }: Field, tables: readonly Table[]): string[] {
  const table = tables.find(({ kind }) => kinds.includes(kind));
  if (!table) return [];
  const columns = table.columns.filter(({ field }) => field === name);
  return finishTable({ ...table, columns }).map((metric) => metric.name);
}

/** One row of each kind, each with a 1 in every field. */
function tablesOfEverything(): Table[] {
  const names = [...new Set(fields.map(({ name }) => name))];
  const ones = names.map(() => '1').join();
  const stat = `# pxname,svname,type,${names.join()}\np,FRONTEND,0,${ones}\np,BACKEND,1,${ones}\np,s,2,${ones}\n`;
  const merger = new ProcessMerger();
  merger.add({
    info: Buffer.from(names.map((name) => `${name}: 1\n`).join('')),
    stats: [Buffer.from(stat)],
  });
  return merger.tables();
}
