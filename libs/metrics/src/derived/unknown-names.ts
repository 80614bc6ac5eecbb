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
  const elsewhere = known.kindsWith(name);
  const near = known.nearest(name, kinds);
  const advice =
    elsewhere.length > 0 ? `'${name}' is one of ${elsewhere.join(', ')}` : near && `did you mean '${near}'?`;
  const what = `${names}: no metric of ${kinds.join(', ')}`;
  return new FormulaFault(advice ? `${what}; ${advice}` : what, column);
}

function notTogether(symbols: readonly NameUse[], { known, kinds }: Tried): FormulaFault {
  const [first, ...rest] = symbols;
  const here = (name: string) => known.kindsWith(name).filter((kind) => kinds.includes(kind));
  const apart = rest.find(({ name }) => !here(name).some((kind) => known.has(kind, first!.name))) ?? rest[0]!;
  const places = symbols.map(({ name }) => `${name} (${here(name).join(', ')})`);
  return new FormulaFault(`nothing has all of ${places.join(', ')}`, apart.column);
}
