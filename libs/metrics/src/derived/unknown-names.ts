import type { TableKind } from '../frame';
import { FormulaFault } from './formula-fault';
import type { KnownSymbols } from './known-symbols';
import type { NameUse } from './scan-formula';

interface Tried {
  readonly known: KnownSymbols;
  /** The tables that the formula might have been for. */
  readonly kinds: readonly TableKind[];
  /** Metrics that are defined by this formula or behind it. */
  readonly later: ReadonlySet<string>;
}

/** Says why no table has all names of a formula: of the first that none has, else where each is known. */
export function unknownNames(symbols: readonly NameUse[], tried: Tried): FormulaFault {
  const { known, kinds, later } = tried;
  const unknown = symbols.filter(({ name }) => kinds.every((kind) => !known.has(kind, name)));
  const early = unknown.find(({ name }) => later.has(name));
  if (early)
    return new FormulaFault(
      `'${early.name}' is defined here or further down; a formula can use those above it`,
      early.column,
    );
  return unknown.length > 0 ? nowhere(unknown, tried) : notTogether(symbols, tried);
}

function nowhere(unknown: readonly NameUse[], { known, kinds }: Tried): FormulaFault {
  const { name, column } = unknown[0]!;
  const names = unknown.map((symbol) => `'${symbol.name}'`).join(', ');
  const what = `${names}: no metric of ${kinds.join(', ')}`;
  const advice = adviceFor(name, known);
  if (advice === undefined) return new FormulaFault(what, column, { name, known: known.symbolsOf(kinds) });
  return new FormulaFault(`${what}; ${advice}`, column);
}

function adviceFor(name: string, known: KnownSymbols): string | undefined {
  const elsewhere = known.kindsWith(name);
  if (elsewhere.length > 0) return `'${name}' is one of ${elsewhere.join(', ')}`;
  const setting = known.settingFor(name);
  return setting && `'${name}' is there only with '${setting}' in section 'process'`;
}

function notTogether(symbols: readonly NameUse[], { known, kinds }: Tried): FormulaFault {
  const [first, ...rest] = symbols;
  const here = (name: string) => known.kindsWith(name).filter((kind) => kinds.includes(kind));
  const apart = rest.find(({ name }) => !here(name).some((kind) => known.has(kind, first!.name))) ?? rest[0]!;
  const places = symbols.map(({ name }) => `${name} (${here(name).join(', ')})`);
  return new FormulaFault(`nothing has all of ${places.join(', ')}`, apart.column);
}
