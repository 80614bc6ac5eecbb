import { entityOf, type TableKind } from '../frame';
import { symbolOf } from './symbol-of';

/** All kinds of tables, in the order in which they are named to users. */
export const tableKinds = Object.keys(entityOf) as TableKind[];

/** Which metrics a formula can name in which table. */
export class KnownSymbols {
  readonly #metrics = new Map<TableKind, Map<string, string>>(tableKinds.map((kind) => [kind, new Map()]));
  readonly #settings = new Map<string, string>();

  add(kinds: readonly TableKind[], metrics: readonly string[]): void {
    for (const kind of kinds) for (const metric of metrics) this.#of(kind).set(symbolOf(metric), metric);
  }

  /** Metrics that there would be with another setting, such as `calculate-percentages = true`. */
  addMissing(metrics: readonly string[], setting: string): void {
    for (const metric of metrics) this.#settings.set(symbolOf(metric), setting);
  }

  /** The setting of section `process` with which a symbol would be known. */
  settingFor(symbol: string): string | undefined {
    return this.#settings.get(symbol);
  }

  has(kind: TableKind, symbol: string): boolean {
    return this.#of(kind).has(symbol);
  }

  /** The metric that a symbol stands for in a table that has it. */
  metricOf(kind: TableKind, symbol: string): string {
    return this.#of(kind).get(symbol)!;
  }

  kindsWith(symbol: string): TableKind[] {
    return tableKinds.filter((kind) => this.has(kind, symbol));
  }

  /** The symbols of any of these tables. */
  symbolsOf(kinds: readonly TableKind[]): string[] {
    return [...new Set(kinds.flatMap((kind) => [...this.#of(kind).keys()]))];
  }

  #of(kind: TableKind): Map<string, string> {
    return this.#metrics.get(kind)!;
  }
}
