/** Puts the shipped code back. */
export type Repair = () => void;

type Method<M> = M extends (...args: infer A) => infer R ? (...args: A) => R : never;
/** A method that takes the place of a shipped one, and may call it. */
type Replacement<T, M> = M extends (...args: infer A) => infer R
  ? (self: T, original: Method<M>, ...args: A) => R
  : never;

export function replace<T extends object, N extends keyof T>(
  { prototype }: { readonly prototype: T },
  name: N,
  replacement: Replacement<T, T[N]>,
): Repair {
  const shipped = prototype[name] as (...args: unknown[]) => unknown;
  const planted = replacement as (self: T, ...args: unknown[]) => unknown;
  const value = function (this: T, ...args: unknown[]): unknown {
    return planted(this, shipped.bind(this), ...args);
  };
  Object.defineProperty(prototype, name, { value });
  return () => void Object.defineProperty(prototype, name, { value: shipped });
}

/** The last one replaced is put back first. */
export function allOf(repairs: readonly Repair[]): Repair {
  return () => repairs.toReversed().forEach((repair) => repair());
}

/** What a replacement remembers beside an object. */
export function notes<V>(make: () => V): (beside: object) => V {
  const kept = new WeakMap<object, V>();
  return (beside) => {
    const known = kept.get(beside) ?? make();
    kept.set(beside, known);
    return known;
  };
}
