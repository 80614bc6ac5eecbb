import type {
  ConditionalNode,
  FunctionNode,
  MathNode,
  OperatorNode,
  OperatorNodeFn,
  OperatorNodeOp,
  RelationalNode,
} from 'mathjs/number';
import { FormulaFault } from './formula-fault';
import { mathjs } from './mathjs';
import { formulaFunctions, operators, type Operation } from './operations';
import type { NameUse } from './scan-formula';

/** Computes a row of a table, from the columns of the formula's symbols; NaN where it has no value. */
export type Expression = (columns: readonly Float64Array[], row: number) => number;

/** What `and` and `or` are once their left side is this; the right side is then not looked at. */
const decisive: ReadonlyMap<string, number> = new Map([
  ['and', 0],
  ['or', 1],
]);

/**
 * Turns the tree that mathjs made of a formula into functions of our own. Only what stands in the tables of `operations.ts` can be
 * computed: there is no way from a formula to mathjs' functions, to the scope of a caller or to JavaScript.
 */
export class ExpressionCompiler {
  readonly #slots: ReadonlyMap<string, number>;
  /** Those that are not compiled yet: the tree does not say where in the text they stand. */
  readonly #calls: Iterator<NameUse, undefined>;

  /** `symbols` in the order of the columns that the expression will be given; `calls` in the order of the text. */
  constructor(symbols: readonly string[], calls: readonly NameUse[]) {
    this.#slots = new Map(symbols.map((name, slot) => [name, slot]));
    this.#calls = calls.values();
  }

  compile(node: MathNode): Expression {
    const math = mathjs();
    if (math.isParenthesisNode(node)) return this.compile(node.content);
    if (math.isConstantNode(node)) return constant(node.value);
    if (math.isSymbolNode(node)) return this.#symbol(node.name);
    if (math.isOperatorNode(node)) return this.#operator(node);
    if (math.isFunctionNode(node)) return this.#call(node);
    if (math.isConditionalNode(node)) return this.#condition(node);
    if (math.isRelationalNode(node)) return this.#chain(node);
    throw refusedNode(node);
  }

  #symbol(name: string): Expression {
    const slot = this.#slots.get(name)!;
    return (columns, row) => columns[slot]![row]!;
  }

  #operator(node: OperatorNode<OperatorNodeOp, OperatorNodeFn>): Expression {
    const operands = node.args.map((arg) => this.compile(arg));
    const end = decisive.get(node.fn);
    if (end !== undefined) return logical(end, operands[0]!, operands[1]!);
    const apply = operators.get(node.fn);
    if (!apply || node.implicit) throw refusedNode(node);
    return step(apply, operands);
  }

  #call(node: FunctionNode): Expression {
    const { name, column } = this.#calls.next().value!;
    const called = formulaFunctions.find((row) => row.name === node.fn.name);
    if (!called) throw refusedNode(node);
    const { apply, least, most } = called;
    const values = node.args.map((arg) => this.compile(arg));
    if (values.length < least || values.length > most)
      throw new FormulaFault(`'${name}' takes ${countOf(least, most)}, not ${values.length}`, column);
    if (values.length <= 2) return step(apply, values);
    return values.reduce((left, right) => step(apply, [left, right]));
  }

  #condition({ condition, trueExpr, falseExpr }: ConditionalNode): Expression {
    const [decides, yes, no] = [condition, trueExpr, falseExpr].map((node) => this.compile(node)) as Triple;
    return (columns, row) => {
      const decision = decides(columns, row);
      if (Number.isNaN(decision)) return NaN;
      return decision === 0 ? no(columns, row) : yes(columns, row);
    };
  }

  /** `a < b < c`: each comparison holds. */
  #chain({ conditionals, params }: RelationalNode): Expression {
    const values = params.map((param) => this.compile(param));
    return conditionals
      .map((name, i) => step(operators.get(name)!, values.slice(i, i + 2)))
      .reduce((left, right) => logical(0, left, right));
  }
}

type Triple = [Expression, Expression, Expression];

function constant(value: number): Expression {
  return () => value;
}

/** A step with an operand that has no value, or with a result that is not finite, has none. */
function step(apply: Operation, [first, second]: readonly Expression[]): Expression {
  if (!second)
    return (columns, row) => {
      const a = first!(columns, row);
      return Number.isNaN(a) ? NaN : finite(apply(a));
    };
  return (columns, row) => {
    const a = first!(columns, row);
    const b = second(columns, row);
    return Number.isNaN(a) || Number.isNaN(b) ? NaN : finite(apply(a, b));
  };
}

/** `and` and `or` as 1 or 0. */
function logical(end: number, left: Expression, right: Expression): Expression {
  return (columns, row) => {
    const first = truth(left(columns, row));
    return first === end || Number.isNaN(first) ? first : truth(right(columns, row));
  };
}

function truth(value: number): number {
  return Number.isNaN(value) ? NaN : Number(value !== 0);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}

function countOf(least: number, most: number): string {
  if (most === Infinity) return `${least} value or more`;
  if (least === most) return least === 1 ? '1 value' : `${least} values`;
  return `${least} to ${most} values`;
}

function refusedNode({ type }: MathNode): FormulaFault {
  return new FormulaFault(`a formula can not contain a ${type}`, 1);
}
