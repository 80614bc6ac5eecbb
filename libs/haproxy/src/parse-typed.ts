import type { EntityKind } from './field';

/** The text is not what `show stat typed` or `show info typed` prints. */
export class TypedFormatError extends Error {
  override readonly name = 'TypedFormatError';
}

/** One value, as it stands there. */
export interface TypedValue {
  /** Three letters, four from HAProxy 3.3: see `ruleOfTag`. */
  readonly tag: string;
  /** `str`, `u32`, `u64`, `s32`, … */
  readonly type: string;
  readonly text: string;
}

/** One entity, or a whole `show info`: what HAProxy has for it, by HAProxy's names. A blank of the CSV has no value here. */
export interface TypedRow {
  readonly kind: EntityKind;
  readonly values: ReadonlyMap<string, TypedValue>;
}

/** Of one text. HAProxy 2.6 prints 19 MB for 10,000 servers. */
const maxBytes = 67_108_864;

const kindOfLetter: Readonly<Record<string, EntityKind>> = {
  F: 'frontend',
  B: 'backend',
  S: 'server',
  L: 'listener',
  N: 'nameserver',
};

/**
 * `F.2.0.4.scur.1:MGP:u32:0` (letter, proxy, server, position, name, process), `N.0.id:CGP:str:ns1`, or `3.Nbthread.1:CGS:u32:2` of
 * `show info`: see the management guide, 9.2. The value may hold colons; names may hold blanks.
 */
const line =
  /^(?:([FBSL])\.(\d+\.\d+)\.\d+\.|(N)\.\d+\.|\d+\.)([^.:]{1,64})(?:\.\d+)?:([A-Za-z]{3,8}):([a-z]\w{0,7}):([^\n]*)$/;

/**
 * Reads the typed output (without `desc`), several commands' one after the other too. Empty lines are passed over; a text's
 * continuation lines belong to it. Throws TypedFormatError.
 */
export function parseTyped(text: Buffer): TypedRow[] {
  const rows: MutableRow[] = [];
  let last: MutableValue | undefined;
  if (text.length > maxBytes) throw new TypedFormatError(`more than ${maxBytes} bytes`);
  for (const words of text.toString('utf8').split('\n')) {
    if (words === '') continue;
    const match = line.exec(words);
    if (match) last = keep(rows, match);
    else if (last?.type === 'str') last.text += `\n${words}`;
    else throw new TypedFormatError(`no typed value: ${JSON.stringify(words.slice(0, 80))}`);
  }
  return rows;
}

type MutableValue = { -readonly [key in keyof TypedValue]: TypedValue[key] };

interface MutableRow extends TypedRow {
  /** Equal for all values of a row. */
  readonly entity: string;
  readonly values: Map<string, MutableValue>;
}

/** Puts a value into the last row, or into a new one where it is of another entity or there already. */
function keep(rows: MutableRow[], match: RegExpExecArray): MutableValue {
  const [, letter, entity = '', nameserver, name, tag, type, text] = match as unknown as string[];
  const kind = kindOfLetter[letter ?? nameserver ?? ''] ?? 'daemon';
  let row = rows.at(-1);
  if (row?.kind !== kind || row.entity !== entity || row.values.has(name!)) {
    row = { kind, entity, values: new Map() };
    rows.push(row);
  }
  const value = { tag: tag!, type: type!, text: text! };
  row.values.set(name!, value);
  return value;
}
