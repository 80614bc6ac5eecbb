import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import type { TableKind } from '../frame';
import { DefinitionCompiler, type DerivedDefinition, type DerivedFault } from './definition-compiler';
import type { DerivedColumn } from './derive-table';
import { Deriver } from './deriver';
import { derivedMetrics, type DerivedMetric } from './derived-metrics';
import { distributionMetrics } from './distribution';
import { compileFormula } from './formula';
import { KnownSymbols, tableKinds } from './known-symbols';
import { metricNames } from './metric-names';

export interface DerivedOptions {
  /** Of the pipeline: says which metrics the formulas of users can name. */
  readonly semantics: Semantics;
  /** The setting `calculate-percentages`. */
  readonly percentages: boolean;
  /** The metrics of a table, where they are not just those of the catalogue. */
  readonly symbolsOf?: (kind: TableKind) => readonly string[];
}

export interface CompiledDerived {
  readonly derived: Deriver;
  /** Of the definitions; those without one are in `derived`. */
  readonly faults: readonly DerivedFault[];
}

/** Compiles the derived metrics of our own and, behind them, those of users. Loads mathjs. */
export function compileDerived(
  definitions: readonly DerivedDefinition[],
  options: DerivedOptions,
): CompiledDerived {
  const rows = derivedMetrics.filter(({ option }) => options.percentages || option === undefined);
  const [exact, classic] = allSemantics.map((semantics) => rows.filter((row) => row.semantics === semantics));
  const compiler = new DefinitionCompiler(knownSymbols(rows, options));
  compiler.compileAll(definitions);
  const own = { exact: exact!.map(columnOf), classic: classic!.map(columnOf) };
  return { derived: new Deriver(own, compiler.columns), faults: compiler.faults };
}

/** Our own formulas name metrics whose names are symbols. */
function columnOf({ name, tables, formula }: DerivedMetric): DerivedColumn {
  const { symbols, evaluate } = compileFormula(formula);
  return { name, tables, inputs: symbols.map((symbol) => symbol.name), evaluate };
}

function knownSymbols(rows: readonly DerivedMetric[], options: DerivedOptions): KnownSymbols {
  const { semantics, symbolsOf = (kind) => metricNames(kind, semantics) } = options;
  const known = new KnownSymbols();
  for (const kind of tableKinds) known.add([kind], symbolsOf(kind));
  for (const row of rows) if (row.semantics === semantics) known.add(row.tables, [row.name]);
  for (const row of distributionMetrics) {
    const given = row.semantics.includes(semantics) && (options.percentages || row.option === undefined);
    if (given) known.add(['daemon'], [row.name]);
  }
  return known;
}
