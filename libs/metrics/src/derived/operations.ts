/** Computes one step of a formula from numbers; what is not finite is no number, and ends the formula without a value. */
export type Operation = (a: number, b?: number) => number;

/** THE OPERATORS of a formula, by mathjs' names for them. A comparison gives 1 or 0. `and`, `or` and `a ? b : c` are in `expression-compiler.ts`. */
export const operators: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['unaryMinus', (a) => -a],
  ['unaryPlus', (a) => a],
  ['not', (a) => Number(a === 0)],
  ['add', (a, b = 0) => a + b],
  ['subtract', (a, b = 0) => a - b],
  ['multiply', (a, b = 0) => a * b],
  ['divide', (a, b = 0) => a / b],
  ['mod', (a, b = 0) => a - b * Math.floor(a / b)],
  ['pow', (a, b = 0) => a ** b],
  ['smaller', (a, b = 0) => Number(a < b)],
  ['smallerEq', (a, b = 0) => Number(a <= b)],
  ['larger', (a, b = 0) => Number(a > b)],
  ['largerEq', (a, b = 0) => Number(a >= b)],
  ['equal', (a, b = 0) => Number(a === b)],
  ['unequal', (a, b = 0) => Number(a !== b)],
]);

export interface FormulaFunction {
  readonly name: string;
  /** How many values it takes. */
  readonly least: number;
  readonly most: number;
  readonly apply: Operation;
  readonly doc: string;
}

/** THE FUNCTIONS that a formula may call. One that takes any number of values is applied from left to right. */
export const formulaFunctions: readonly FormulaFunction[] = [
  { name: 'min', least: 1, most: Infinity, apply: (a, b = a) => Math.min(a, b), doc: 'The smallest.' },
  { name: 'max', least: 1, most: Infinity, apply: (a, b = a) => Math.max(a, b), doc: 'The largest.' },
  { name: 'abs', least: 1, most: 1, apply: Math.abs, doc: 'Without its sign.' },
  { name: 'sign', least: 1, most: 1, apply: Math.sign, doc: '-1, 0 or 1.' },
  { name: 'sqrt', least: 1, most: 1, apply: Math.sqrt, doc: 'The square root.' },
  { name: 'round', least: 1, most: 2, apply: round, doc: 'The nearest number with so many decimals (0).' },
  { name: 'floor', least: 1, most: 1, apply: Math.floor, doc: 'The next whole number below.' },
  { name: 'ceil', least: 1, most: 1, apply: Math.ceil, doc: 'The next whole number above.' },
  { name: 'fix', least: 1, most: 1, apply: Math.trunc, doc: 'The whole number next to it towards 0.' },
  { name: 'exp', least: 1, most: 1, apply: Math.exp, doc: 'e to the power of it.' },
  { name: 'log', least: 1, most: 2, apply: log, doc: 'The logarithm, natural or to the given base.' },
  { name: 'log10', least: 1, most: 1, apply: Math.log10, doc: 'The logarithm to the base 10.' },
  { name: 'log2', least: 1, most: 1, apply: Math.log2, doc: 'The logarithm to the base 2.' },
  {
    name: 'pow',
    least: 2,
    most: 2,
    apply: (a, b = 1) => a ** b,
    doc: 'The first to the power of the second.',
  },
];

/** Halves away from 0. */
function round(value: number, decimals = 0): number {
  const scale = 10 ** decimals;
  return (Math.sign(value) * Math.round(Math.abs(value) * scale)) / scale;
}

function log(value: number, base = Math.E): number {
  return Math.log(value) / Math.log(base);
}
