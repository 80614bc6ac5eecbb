import { FormulaFault } from './formula-fault';
import { formulaFunctions } from './operations';
import { tokensOf, type Token } from './tokens';

/** A name in a formula, and where it stands, from 1. */
export interface NameUse {
  readonly name: string;
  readonly column: number;
}

/** The names in a formula, in the order of the text. */
export interface FormulaNames {
  readonly calls: readonly NameUse[];
  readonly symbols: readonly NameUse[];
}

const maxLength = 1000;
const maxDepth = 50;

const prefixes: ReadonlySet<string> = new Set(['-', '+', 'not', '(']);
const functionNames = formulaFunctions.map(({ name }) => name);

/**
 * Finds the names in a formula, and throws FormulaFault where it has a word or an order of words that no formula has, such as `2 x`,
 * `5%` or `a + * b`. What is left for mathjs to find are parentheses, commas and colons without their counterpart.
 */
export function scanFormula(text: string): FormulaNames {
  if (text.length > maxLength)
    throw new FormulaFault(`the formula is longer than ${maxLength} characters`, maxLength + 1);
  const tokens = tokensOf(text);
  if (tokens.length === 1) throw new FormulaFault('the formula is empty', 1);
  checkOrder(tokens);
  checkParentheses(tokens);
  checkConditions(tokens);
  return namesOf(tokens);
}

/** Values and operators in turn. */
function checkOrder(tokens: readonly Token[]): void {
  let wantsValue = true;
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    wantsValue = wantsValue ? readValue(token, before) : readOperator(token, before!);
  });
}

/** Whether a value is still wanted behind the token. */
function readValue({ kind, text, column }: Token, before?: Token): boolean {
  if (kind === 'number' || kind === 'name') return false;
  if (prefixes.has(text)) return true;
  const advice = before?.text === '%' ? '; % gives the remainder of a division, x per cent is x / 100' : '';
  throw new FormulaFault(`a name, number or parenthesis is expected ${placeOf(text)}${advice}`, column);
}

function readOperator({ kind, text, column }: Token, before: Token): boolean {
  if (kind === 'end' || text === ')') return false;
  if (text === '(' && before.kind === 'name') return true;
  if (kind === 'sign' && text !== '(' && text !== 'not') return true;
  throw new FormulaFault(
    `an operator is expected between '${before.text}' and '${text}'; a product is written with *`,
    column,
  );
}

function placeOf(text: string): string {
  return text === '' ? 'at the end' : `before '${text}'`;
}

/** What follows the structure of a formula does not run out of stack. */
function checkParentheses(tokens: readonly Token[]): void {
  let open = 0;
  for (const { text, column } of tokens) {
    if (text === '(') open++;
    else if (text === ')') open--;
    if (open < 0) throw new FormulaFault('there is no parenthesis that this one closes', column);
    if (open > maxDepth) throw new FormulaFault(`more than ${maxDepth} parentheses in each other`, column);
  }
}

/** Each colon has its question mark, inside the same parentheses. */
function checkConditions(tokens: readonly Token[]): void {
  const waiting = [0];
  let conditions = 0;
  for (const { text, column } of tokens) {
    if (text === '(') waiting.push(0);
    else if (text === ')') waiting.pop();
    else if (text === '?') waiting[waiting.length - 1]! += 1;
    else if (text === ':') waiting[waiting.length - 1]! -= 1;
    if (text === '?') conditions++;
    if (waiting.at(-1)! < 0)
      throw new FormulaFault('a colon belongs behind a question mark: a ? b : c', column);
    if (conditions > maxDepth) throw new FormulaFault(`more than ${maxDepth} conditions`, column);
  }
}

function namesOf(tokens: readonly Token[]): FormulaNames {
  const calls: NameUse[] = [];
  const symbols: NameUse[] = [];
  tokens.forEach(({ kind, text: name, column }, i) => {
    if (kind !== 'name') return;
    const called = tokens[i + 1]!.text === '(';
    const isFunction = functionNames.includes(name);
    if (called && !isFunction) throw unknownFunction(name, column);
    if (!called && isFunction) throw new FormulaFault(`'${name}' is a function: write ${name}(…)`, column);
    (called ? calls : symbols).push({ name, column });
  });
  return { calls, symbols };
}

function unknownFunction(name: string, column: number): FormulaFault {
  const known = functionNames;
  return new FormulaFault(`there is no function '${name}', but ${known.join(', ')}`, column, { name, known });
}
