import type { MathNode } from 'mathjs/number';
import { ExpressionCompiler, type Expression } from './expression-compiler';
import { FormulaFault } from './formula-fault';
import { mathjs } from './mathjs';
import { scanFormula, type NameUse } from './scan-formula';

/** A formula that can be computed for any row. */
export interface Formula {
  /** The names in it, each with its first place; `evaluate` wants a column for each, in this order. */
  readonly symbols: readonly NameUse[];
  readonly evaluate: Expression;
}

/**
 * Compiles a formula: numbers, names, parentheses, `+ - * / % ^`, comparisons, `and or not`, `a ? b : c`, and calls of the functions in
 * `operations.ts`, with mathjs' precedence. Throws FormulaFault for all else. A name is that of a metric, never a constant of mathjs.
 */
export function compileFormula(text: string): Formula {
  const names = scanFormula(text);
  const symbols = names.symbols.filter(({ name }, i, all) => all.findIndex((use) => use.name === name) === i);
  if (symbols.length === 0) throw new FormulaFault('the formula names no metric', 1);
  const compiler = new ExpressionCompiler(
    symbols.map(({ name }) => name),
    names.calls,
  );
  return { symbols, evaluate: compiler.compile(parse(text)) };
}

function parse(text: string): MathNode {
  try {
    return mathjs().parse(text.replace(/\s/g, ' '));
  } catch (error) {
    throw asFault(error);
  }
}

/** mathjs says where it stopped in a property of its SyntaxError, and again at the end of the message. */
function asFault(error: unknown): unknown {
  if (!(error instanceof SyntaxError)) return error;
  const { char = 1 } = error as SyntaxError & { char?: number };
  return new FormulaFault(error.message.replace(/ \(char \d+\)$/, ''), char);
}
