import { fieldsOf } from '@haproxystats/haproxy';
import { entityOf, type TableKind } from '../frame';
import type { DerivedColumn } from './derive-table';
import { derivedMetrics } from './derived-metrics';
import { distributionMetrics } from './distribution';
import { compileFormula } from './formula';
import { FormulaFault, type UnknownName } from './formula-fault';
import { tableKinds, type KnownSymbols } from './known-symbols';
import { formulaFunctions } from './operations';
import type { NameUse } from './scan-formula';
import { isReserved } from './tokens';
import { unknownNames } from './unknown-names';

/** A metric of a user's own. */
export interface DerivedDefinition {
  readonly name: string;
  /** What it is computed for: `daemon`, `frontend`, `backend`, `server` or `listener`; else all that has what the formula names. */
  readonly kind?: string | undefined;
  readonly formula: string;
}

/** Why a definition is refused. */
export interface DerivedFault {
  /** Which of the definitions, from 0. */
  readonly definition: number;
  /** Where in the formula, from 1; undefined where it is not the formula's fault. */
  readonly column: number | undefined;
  readonly message: string;
  /** Where it is about a name that means nothing. */
  readonly unknown?: UnknownName | undefined;
}

/** Names that are taken even where they are no symbols: they are not sent, or not with these settings. */
const takenNames: ReadonlyMap<TableKind, ReadonlySet<string>> = new Map(
  tableKinds.map((kind) => [
    kind,
    new Set([
      ...fieldsOf(entityOf[kind]).map(({ name }) => name),
      ...derivedMetrics.filter(({ tables }) => tables.includes(kind)).map(({ name }) => name),
      ...(kind === 'daemon' ? distributionMetrics.map(({ name }) => name) : []),
    ]),
  ]),
);

/** Compiles definitions in their order, so that a formula can use those before it; a fault in one is not a fault of those that use it. */
export class DefinitionCompiler {
  readonly columns: DerivedColumn[] = [];
  readonly faults: DerivedFault[] = [];

  /** `unsent`: tables of which nothing is sent with these settings. */
  constructor(
    private readonly known: KnownSymbols,
    private readonly unsent: readonly TableKind[],
  ) {}

  compileAll(definitions: readonly DerivedDefinition[]): void {
    definitions.forEach((definition, i) => {
      const later = new Set(definitions.slice(i).map(({ name }) => name));
      try {
        this.#compile(definition, later);
      } catch (error) {
        if (!(error instanceof FormulaFault)) throw error;
        const { column, message, unknown } = error;
        this.faults.push({ definition: i, column, message, unknown });
        this.known.add(tableKinds, [definition.name]);
      }
    });
  }

  #compile({ name, kind, formula }: DerivedDefinition, later: ReadonlySet<string>): void {
    checkName(name);
    const kinds = kindsOf(kind);
    const { symbols, evaluate } = compileFormula(formula);
    const tables = kinds.filter((table) => symbols.every((symbol) => this.known.has(table, symbol.name)));
    if (tables.length === 0) throw unknownNames(symbols, { known: this.known, kinds, later });
    this.#checkSent(symbols, tables);
    this.#checkUntaken(name, tables);
    const inputs = symbols.map((symbol) => this.known.metricOf(tables[0]!, symbol.name));
    this.columns.push({ name, tables, inputs, evaluate });
    this.known.add(tables, [name]);
  }

  #checkSent(symbols: readonly NameUse[], tables: readonly TableKind[]): void {
    if (!tables.every((table) => this.unsent.includes(table))) return;
    const isUnsent = ({ name }: NameUse) =>
      this.known.kindsWith(name).every((kind) => this.unsent.includes(kind));
    const { name, column } = symbols.find(isUnsent) ?? symbols[0]!;
    throw new FormulaFault(
      `'${name}' is there for single processes only, which are not sent: set 'per-process-metrics = true' in section 'process'`,
      column,
    );
  }

  #checkUntaken(name: string, tables: readonly TableKind[]): void {
    const taken = tables.filter((table) => takenNames.get(table)!.has(name) || this.known.has(table, name));
    if (taken.length > 0)
      throw new FormulaFault(
        `'${name}' is the name of another metric of ${taken.join(', ')}: choose another name`,
        undefined,
      );
  }
}

function checkName(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new FormulaFault(
      "the name must be made of letters a-z, digits and '_', and not begin with a digit",
      undefined,
    );
  if (isReserved(name) || formulaFunctions.some((row) => row.name === name))
    throw new FormulaFault(`the name '${name}' has a meaning of its own in formulas`, undefined);
  if (tableKinds.some((kind) => kind === name))
    throw new FormulaFault(`'${name}' is a folder in the paths of metrics: choose another name`, undefined);
}

function kindsOf(kind: string | undefined): TableKind[] {
  const kinds = tableKinds.filter((table) => kind === undefined || entityOf[table] === kind);
  if (kinds.length > 0) return kinds;
  const entities = [...new Set(Object.values(entityOf))].join(', ');
  throw new FormulaFault(`there are no metrics of '${kind}', but of ${entities}`, undefined);
}
