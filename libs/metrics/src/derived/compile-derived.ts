import { allSemantics, type Semantics } from '@haproxystats/haproxy';
import { countersOf, ratesOf, rateSuffix } from '../counters/counters';
import { peakedOf, peakMetrics } from '../counters/peaks';
import { entityOf, type TableKind } from '../frame';
import { semanticsFacts } from '../semantics';
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
  /** The setting `per-process-metrics`; false: what only single processes have is refused, because it would not be sent. */
  readonly processes?: boolean;
  /** The setting `rate-fields`. */
  readonly rates?: readonly string[];
  /** The setting `peak-fields`. */
  readonly peaks?: readonly string[];
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
  const compiler = new DefinitionCompiler(
    knownSymbols(options),
    options.processes === false ? ['process'] : [],
  );
  compiler.compileAll(definitions);
  const own = { exact: exact!.map(columnOf), classic: classic!.map(columnOf) };
  return { derived: new Deriver(own, compiler.columns), faults: compiler.faults };
}

/** Our own formulas name metrics whose names are symbols. */
function columnOf({ name, tables, formula }: DerivedMetric): DerivedColumn {
  const { symbols, evaluate } = compileFormula(formula);
  return { name, tables, inputs: symbols.map((symbol) => symbol.name), evaluate };
}

/** All that we compute, as far as formulas can name it. */
const ownMetrics = [
  ...derivedMetrics.map((row) => ({ ...row, semantics: [row.semantics] })),
  ...distributionMetrics.map((row) => ({ ...row, tables: ['daemon'] as const })),
];

function knownSymbols(options: DerivedOptions): KnownSymbols {
  const { semantics, percentages, symbolsOf } = options;
  const known = new KnownSymbols();
  for (const kind of tableKinds) {
    if (semantics !== 'exact') known.addMissing(metricNames(kind, 'exact'), 'semantics = exact');
    addChanges(known, kind, semanticsFacts[semantics].countsRates ? options : undefined);
    known.add([kind], symbolsOf?.(kind) ?? metricNames(kind, semantics));
  }
  for (const { name, tables, option } of ownMetrics.filter((row) => row.semantics.includes(semantics))) {
    if (option && !percentages) known.addMissing([name], `${option} = true`);
    else known.add(tables, [name]);
  }
  return known;
}

/** What tells of changes since the poll before. `chosen`: undefined where there is none of it whatever is chosen. */
function addChanges(
  known: KnownSymbols,
  kind: TableKind,
  chosen: Pick<DerivedOptions, 'rates' | 'peaks'> | undefined,
): void {
  const entity = entityOf[kind];
  const settingOf = (option: string, name: string) =>
    chosen ? `${option} = … ${name}` : 'semantics = exact';
  for (const counter of countersOf(entity))
    known.addMissing([counter + rateSuffix], settingOf('rate-fields', counter));
  for (const { gauge } of peakedOf(entity))
    known.addMissing(peakMetrics(entity, [gauge]), settingOf('peak-fields', gauge));
  const { rates = [], peaks = [] } = chosen ?? {};
  known.add([kind], [...ratesOf(entity, rates), ...peakMetrics(entity, peaks)]);
}
