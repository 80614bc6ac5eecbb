import type { Parsed } from './fault';
import { strip } from './ini';
import { formatServerAddress, parseServerAddress, type ServerAddress } from './server-address';
import type { Setting, SettingType, SettingTypes } from './setting';

export type SettingValue = SettingTypes[SettingType];

/** Beyond this a timer of Node fires at once. */
const maxSeconds = 2_147_483;

/** The words of Python's configparser. */
const booleans = new Map(
  Object.entries({ 1: true, yes: true, true: true, on: true, 0: false, no: false, false: false, off: false }),
);

const digits = '\\d+(?:_\\d+)*';
const integer = new RegExp(`^[+-]?${digits}$`);
const float = new RegExp(`^[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:e[+-]?${digits})?$`, 'i');
const notFinite = /^[+-]?(?:inf|infinity|nan)$/i;

/** Elements may stand on lines of their own. */
const mayBreak: ReadonlySet<SettingType> = new Set(['list', 'servers']);

/** Why a value of several lines is refused where one is meant. */
export const brokenLine = 'the value goes on over several lines: is the line behind it indented by mistake?';

type Parser = (text: string, row: Setting) => Parsed<SettingValue>;

const parsers: Readonly<Record<SettingType, Parser>> = {
  string: (text, row) => checked(text, row),
  integer: (text, row) => parseNumber(text, row, integer),
  float: (text, row) => parseNumber(text, row, float),
  seconds: (text, row) => parseNumber(text, { min: 0, max: maxSeconds, ...row }, float),
  port: (text, row) => parseNumber(text, { min: 1, max: 65535, ...row }, integer),
  boolean: (text) => {
    const value = booleans.get(text.toLowerCase());
    return value === undefined
      ? { fault: `'${text}' is neither true nor false (nor yes, no, on, off, 1, 0)` }
      : { value };
  },
  choice: (text, row) => chosen(text, row),
  list: parseList,
  servers: parseServers,
};

/** The value of a row that a text stands for, or why there is none. */
export function parseSetting(row: Setting, text: string): Parsed<SettingValue> {
  const stripped = strip(text);
  if (stripped === '') return { fault: 'no value' };
  if (stripped.includes('\n') && !mayBreak.has(row.type)) return { fault: brokenLine };
  return parsers[row.type](stripped, row);
}

/** The text that `parseSetting` turns into the value. */
export function formatSetting(row: Setting, value: SettingValue): string {
  if (typeof value !== 'object') return String(value);
  const elements = value.map((element) =>
    typeof element === 'string' ? element : formatServerAddress(element),
  );
  return elements.join(row.separator ?? ', ');
}

function parseNumber(text: string, limits: Pick<Setting, 'min' | 'max'>, form: RegExp): Parsed<number> {
  if (form === float && notFinite.test(text)) return { fault: `'${text}' is not a finite number` };
  if (!form.test(text)) return { fault: `'${text}' is not ${form === integer ? 'an integer' : 'a number'}` };
  const value = Number(text.replaceAll('_', ''));
  const { min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = limits;
  if (value < min) return { fault: `${text} is too small, the least is ${min}` };
  if (value > max) return { fault: `${text} is too large, the most is ${max}` };
  return { value };
}

function checked(text: string, { check }: Setting): Parsed<string> {
  const fault = check?.(text);
  return fault === undefined ? { value: text } : { fault };
}

function chosen(text: string, { choices = [], synonyms = {} }: Setting): Parsed<string> {
  const word = text.toLowerCase();
  const value = synonyms[word] ?? choices.find((choice) => choice.toLowerCase() === word);
  if (value !== undefined) return { value };
  return { fault: `'${text}' is none of ${choices.join(', ')}` };
}

/** The elements without those that are there twice. */
function parseList(text: string, row: Setting): Parsed<readonly string[]> {
  const elements = row.separator ? text.split(row.separator) : text.split(',').map(strip);
  const word = row.separator ? /^\S+$/ : /./;
  if (!elements.every((element) => word.test(element))) return { fault: emptyElement(row) };
  const values: string[] = [];
  for (const element of elements) {
    const parsed = row.choices ? chosen(element, row) : checked(element, row);
    if ('fault' in parsed) return parsed;
    values.push(parsed.value);
  }
  return { value: [...new Set(values)] };
}

function emptyElement({ separator }: Setting): string {
  if (separator) return 'invalid list: its words stand on one line with exactly one space between them';
  return 'an element is empty: is there a comma too many?';
}

function parseServers(text: string): Parsed<readonly ServerAddress[]> {
  const addresses = new Map<string, ServerAddress>();
  for (const url of text.split(',').map(strip)) {
    if (url === '') return { fault: 'an element is empty: is there a comma too many?' };
    const parsed = parseServerAddress(url);
    if ('fault' in parsed) return parsed;
    addresses.set(formatServerAddress(parsed.value), parsed.value);
  }
  return { value: [...addresses.values()] };
}
