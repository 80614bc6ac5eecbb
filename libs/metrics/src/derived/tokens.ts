import { FormulaFault } from './formula-fault';

/** A piece of a formula, and where it stands, from 1. `sign`: an operator, a word such as `and`, a parenthesis or comma. */
export interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly column: number;
}

const pattern =
  /(?<blank>[ \t\r\n]+)|(?<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<sign>[<>=!]=|[-+*/%^<>?:,()])|./gsu;

/** What people may try, and what we say to it. */
const refusedCharacters: readonly { characters: string; advice: string }[] = [
  { characters: '=', advice: 'nothing can be assigned or defined in a formula; == compares' },
  { characters: ';', advice: 'a formula is a single expression' },
  { characters: '"\'`', advice: 'a formula knows no texts' },
  { characters: '[]{}', advice: 'a formula knows no lists and objects' },
  { characters: '.', advice: 'a point stands in front of a digit only; nothing has properties' },
  { characters: '!', advice: 'write not, or !=' },
  { characters: '#', advice: 'a comment goes on a line of its own' },
  { characters: '&|~', advice: 'write and, or, not' },
];

const wordSigns: ReadonlySet<string> = new Set(['and', 'or', 'not']);

const noNumber = 'what has no value gives no point by itself';

/** Words that mathjs takes for something else than a name. */
const refusedWords: ReadonlyMap<string, string> = new Map([
  ['mod', 'write %'],
  ['xor', 'write and, or, not'],
  ['to', 'a formula knows no units'],
  ['in', 'a formula knows no units'],
  ['end', 'a formula knows no lists'],
  ['true', 'write 1'],
  ['false', 'write 0'],
  ['null', noNumber],
  ['undefined', noNumber],
  ['NaN', noNumber],
  ['Infinity', noNumber],
]);

/** Whether a word means something by itself, so that it can't be the name of a metric. */
export function isReserved(word: string): boolean {
  return wordSigns.has(word) || refusedWords.has(word);
}

/** The pieces of a formula, `end` as the last; throws FormulaFault at the first that no formula has. Blanks and line ends separate. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(pattern)) {
    const column = match.index + 1;
    const { blank, number, name, sign } = match.groups!;
    if (number !== undefined) tokens.push(numberToken(number, column));
    else if (name !== undefined) tokens.push(wordToken(name, column));
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, column });
    else if (blank === undefined) throw refusedCharacter(match[0], column);
  }
  return [...tokens, { kind: 'end', text: '', column: text.length + 1 }];
}

function numberToken(text: string, column: number): Token {
  if (!Number.isFinite(Number(text))) throw new FormulaFault(`${text} is too large`, column);
  return { kind: 'number', text, column };
}

function wordToken(text: string, column: number): Token {
  const advice = refusedWords.get(text);
  if (advice) throw new FormulaFault(`'${text}' has no meaning in a formula: ${advice}`, column);
  return { kind: wordSigns.has(text) ? 'sign' : 'name', text, column };
}

function refusedCharacter(character: string, column: number): FormulaFault {
  const advice = refusedCharacters.find(({ characters }) => characters.includes(character))?.advice;
  const what = `${JSON.stringify(character)} has no meaning in a formula`;
  return new FormulaFault(advice ? `${what}: ${advice}` : what, column);
}
