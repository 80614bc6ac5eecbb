import fc from 'fast-check';
import { compileFormula } from './formula';
import { FormulaFault } from './formula-fault';
import { mathjs } from './mathjs';

/** The value of a formula for one row with these values. */
function valueOf(text: string, row: Readonly<Record<string, number>> = { x: 1 }): number {
  const { symbols, evaluate } = compileFormula(text);
  return evaluate(
    symbols.map(({ name }) => Float64Array.of(row[name] ?? NaN)),
    0,
  );
}

function faultOf(text: string): FormulaFault {
  try {
    compileFormula(text);
  } catch (error) {
    if (error instanceof FormulaFault) return error;
    throw error;
  }
  throw new Error(`not refused: ${text}`);
}

describe('a formula', () => {
  const row = { a: 7, b: 2, c: -3, zero: 0 };

  it.each([
    ['a + b * c', 1],
    ['(a + b) * c', -27],
    ['a / b', 3.5],
    ['-a ^ b', -49],
    ['b ^ c', 0.125],
    ['2 ^ 3 ^ b', 512],
    ['a % b', 1],
    ['c % b', 1],
    ['+a - -b', 9],
    ['1.5e1 + .5 + a', 22.5],
    ['a > b', 1],
    ['a <= b', 0],
    ['a == 7', 1],
    ['a != 7', 0],
    ['c < b < a', 1],
    ['c < a < b', 0],
    ['a > b and c > b', 0],
    ['a > b or c > b', 1],
    ['not (a > b)', 0],
    ['a and b', 1],
    ['zero or zero', 0],
    ['zero > 0 ? a / zero : c', -3],
    ['a > b ? c > b ? 1 : 2 : 3', undefined],
    ['a > b ? (c > b ? 1 : 2) : 3', 2],
    ['min(a, b, c)', -3],
    ['max(a)', 7],
    ['abs(c) + sign(c)', 2],
    ['sqrt(a + b)', 3],
    ['round(a / b) + round(-a / b)', 0],
    ['round(a / 3, 2)', 2.33],
    ['floor(-a / b) + ceil(a / b) + fix(-a / b)', -3],
    ['exp(log(a))', 7],
    ['log(8, b) + log2(8) + log10(1000)', 9],
    ['pow(a, b)', 49],
  ])('%s', (text, expected) => {
    if (expected === undefined) expect(faultOf(text).message).toContain('conditional');
    else expect(valueOf(text, row)).toBeCloseTo(expected, 12);
  });

  it.each([
    'a / zero',
    '-a / zero',
    'zero / zero',
    'a % zero',
    'zero ^ c',
    'min(100, a / zero)',
    'max(0, 1 - a / zero)',
    'a / zero > 5',
    'not (a / zero)',
    'a / zero ? 1 : 2',
    'a / zero or 1',
    '1 < a / zero < 2',
    'log(zero)',
    'sqrt(c)',
    'exp(a * 1000)',
    'round(a, b * 1000)',
    'missing + a',
    '0 * missing',
  ])('%s has no value', (text) => {
    expect(valueOf(text, row)).toBeNaN();
  });

  it('may stand on several lines', () => {
    expect(valueOf('a\n  +\tb\r\n * 2', row)).toBe(11);
  });

  it('does not look at what a condition or the left side excludes', () => {
    expect(valueOf('zero and a / zero', row)).toBe(0);
    expect(valueOf('a or a / zero', row)).toBe(1);
    expect(valueOf('zero == 0 ? b : a / zero', row)).toBe(2);
  });

  it('names its inputs once, with their first place', () => {
    expect(compileFormula('max(scur, slim) / scur').symbols).toEqual([
      { name: 'scur', column: 5 },
      { name: 'slim', column: 11 },
    ]);
  });

  it('knows the constants and functions of mathjs only as names', () => {
    expect(compileFormula('e + pi + i + tau + version + Object + cos').symbols).toHaveLength(7);
    expect(valueOf('e * 2', { e: 4 })).toBe(8);
  });
});

describe('a formula is refused', () => {
  it('with the functions that there are where it calls one that is not', () => {
    expect(faultOf('b + mim(a)').unknown).toMatchObject({ name: 'mim' });
    expect(faultOf('b + mim(a)').unknown!.known).toEqual(expect.arrayContaining(['abs', 'min', 'sqrt']));
    expect(faultOf('b + min').unknown).toBeUndefined();
  });

  it.each<[string, number, string]>([
    ['', 1, 'empty'],
    [' \n ', 1, 'empty'],
    ['1 + 2', 1, 'names no metric'],
    ['a = 1', 3, 'nothing can be assigned'],
    ['f(x) = 1', 6, 'nothing can be assigned'],
    ['import({})', 8, 'lists and objects'],
    ['import(x)', 1, "no function 'import'"],
    ['createUnit("x")', 12, 'texts'],
    ['createUnit(x)', 1, "no function 'createUnit'"],
    ['evaluate("1")', 10, 'texts'],
    ['evaluate(x)', 1, "no function 'evaluate'"],
    ['parse("1")', 7, 'texts'],
    ['x + parse(x)', 5, "no function 'parse'"],
    ['simplify(x)', 1, "no function 'simplify'"],
    ['derivative(x, x)', 1, "no function 'derivative'"],
    ['cos.constructor("return 1")()', 4, 'nothing has properties'],
    ['constructor(x)', 1, 'no function'],
    ['__proto__(x)', 1, 'no function'],
    ['"x"', 1, 'texts'],
    ["a'", 2, 'texts'],
    ['[1, 2]', 1, 'lists'],
    ['a[1]', 2, 'lists'],
    ['{a: 1}', 1, 'objects'],
    ['a.b', 2, 'properties'],
    ['a.^2', 2, 'properties'],
    ['1.', 2, 'point'],
    ['2a', 2, "between '2' and 'a'"],
    ['a b', 3, "between 'a' and 'b'"],
    ['2 (a)', 3, "between '2' and '('"],
    ['(a) b', 5, "between ')' and 'b'"],
    ['0x10 * a', 2, 'operator'],
    ['5 cm + a', 3, 'operator'],
    ['a to b', 3, 'units'],
    ['a in b', 3, 'units'],
    ['a mod b', 3, 'write %'],
    ['a xor b', 3, 'write and, or, not'],
    ['a + true', 5, 'write 1'],
    ['a * NaN', 5, 'gives no point'],
    ['1;2', 2, 'single expression'],
    ['a\nb', 3, 'operator'],
    ['a #comment', 3, 'comment'],
    ['a!', 2, 'not'],
    ['a && b', 3, 'write and'],
    ['a | b', 3, 'write and'],
    ['a << 2', 4, "before '<'"],
    ['a === b', 5, 'assigned'],
    ['a ?? b', 4, "before '?'"],
    ['a ** b', 4, "before '*'"],
    ['a + * b', 5, "before '*'"],
    ['a +', 4, 'at the end'],
    ['5%', 3, 'x / 100'],
    ['1:a', 2, 'question mark'],
    ['a ? (b:c) : d', 7, 'question mark'],
    ['a ? b : c : d', 11, 'question mark'],
    ['a ? b', 6, 'expression expected'],
    ['(a', 3, ') expected'],
    ['a)', 2, 'no parenthesis'],
    ['a, b', 2, 'operator ,'],
    ['min(a, b', 9, ') expected'],
    ['min(a,,b)', 7, "before ','"],
    ['min()', 5, "before ')'"],
    ['b + min', 5, 'is a function'],
    ['b + mim(a)', 5, "no function 'mim', but min, max"],
    ['b + sqrt(a, b)', 5, 'takes 1 value, not 2'],
    ['b + pow(a)', 5, 'takes 2 values, not 1'],
    ['min(a, log(a, b, 1))', 8, 'takes 1 to 2 values, not 3'],
    ['1e999 * a', 1, 'too large'],
    ['a + ä', 5, 'no meaning'],
    ['a × b', 3, 'no meaning'],
    ['a\u00a0+ b', 2, 'no meaning'],
    ['a + $b', 5, 'no meaning'],
  ])('%j at %d: %s', (text, column, message) => {
    const fault = faultOf(text);
    expect(fault.column).toBe(column);
    expect(fault.message).toContain(message);
  });

  it.each([
    {
      what: '51 parentheses',
      text: `${'('.repeat(51)}a${')'.repeat(51)}`,
      column: 51,
      message: '50 parentheses',
    },
    { what: '51 conditions', text: `${'a ? 1 : '.repeat(51)}2`, column: 403, message: '50 conditions' },
    { what: 'a name of 10,000 letters', text: 'a'.repeat(10_000), column: 1001, message: '1000 characters' },
    { what: '10,000 parentheses', text: '('.repeat(10_000), column: 1001, message: '1000 characters' },
    { what: '1,000 signs', text: '-'.repeat(1000), column: 1001, message: 'at the end' },
  ])('for its size: $what', ({ text, column, message }) => {
    expect(faultOf(text).column).toBe(column);
    expect(faultOf(text).message).toContain(message);
  });

  it('only for what it says: the longest and deepest formulas are computed', () => {
    expect(valueOf(`${'('.repeat(50)}x${')'.repeat(50)}`)).toBe(1);
    expect(valueOf(`${'x ? '.repeat(1)}1 : ${'x ? 0 : '.repeat(49)}0`)).toBe(1);
    expect(valueOf(`${'-'.repeat(999)}x`)).toBe(-1);
    expect(valueOf(`x${'^1'.repeat(499)}`)).toBe(1);
    expect(valueOf(`x${'+1'.repeat(499)}`)).toBe(500);
    expect(valueOf(`x${'%-9'.repeat(333)}`)).toBe(-8);
  });
});

const words = [
  ...'a b x e 0 1 2.5 1e3 .5 ( ) , ? : + - * / % ^ < > <= >= == != = ; # " \' [ ] { } . ! & $ \n'.split(' '),
  ...'and or not mod xor to in true null Infinity end constructor __proto__ toString'.split(' '),
  ...'min max abs sqrt round log pow import evaluate parse createUnit cos'.split(' '),
  ' ',
];

describe('any text', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((list) => list.join('')),
    fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((list) => list.join(' ')),
  );

  it('is a fault with its place, or computes a number', () => {
    fc.assert(
      fc.property(text, fc.double(), fc.double(), (formula, a, b) => {
        try {
          expect(typeof valueOf(formula, { a, b })).toBe('number');
        } catch (error) {
          if (!(error instanceof FormulaFault)) throw error;
          expect(error.column).toBeGreaterThanOrEqual(1);
          expect(error.column).toBeLessThanOrEqual(formula.length + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what a formula means', () => {
  const { formula } = fc.letrec<{ formula: string }>((tie) => {
    const part = tie('formula');
    const binary = fc.constantFrom(...'+ - * / % ^ < > <= >= == != and or'.split(' '));
    return {
      formula: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('a', 'b', 'c', '2', '0.5', '10'),
        fc.tuple(part, binary, part).map((list) => list.join(' ')),
        fc.tuple(part, binary, part, binary, part).map((list) => list.join(' ')),
        part.map((inner) => `(${inner})`),
        fc.tuple(fc.constantFrom('-', '+', 'not '), part).map((list) => list.join('')),
        fc.tuple(part, part, part).map(([x, y, z]) => `(${x}) ? (${y}) : ${z}`),
        fc.tuple(fc.constantFrom('min', 'max'), part, part).map(([f, x, y]) => `${f}(${x}, ${y})`),
        fc
          .tuple(fc.constantFrom('abs', 'floor', 'ceil', 'fix', 'sign', 'sqrt'), part)
          .map(([f, x]) => `${f}(${x})`),
      ),
    };
  });

  const values = fc.record({ a: fc.integer({ min: -5, max: 5 }), b: fc.nat(9), c: fc.nat(1000) });

  it('is what mathjs makes of it, wherever we give a value', () => {
    // By itself mathjs takes numbers for equal that differ in the last digits.
    const math = mathjs().create(mathjs().all!, { relTol: Number.MIN_VALUE, absTol: 0 });
    let compared = 0;
    fc.assert(
      fc.property(formula, values, (text, row) => {
        fc.pre(text.length <= 900 && /\b[abc]\b/.test(text));
        const ours = valueOf(text, row);
        if (Number.isNaN(ours)) return;
        const theirs = Number(math.evaluate(text, { ...row }));
        compared++;
        expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(theirs)));
      }),
      { numRuns: 1000 },
    );
    expect(compared).toBeGreaterThan(300);
  });
});
