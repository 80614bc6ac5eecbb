import { fieldNamed } from './catalogue';
import { decimal } from './cell-reader';

/** What `show info` says: the lines whose value is a number, and those that the catalogue knows as texts. */
export interface Info {
  /** By the catalogue's name, for an unknown line by HAProxy's. Empty: this was no `show info`. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly texts: ReadonlyMap<string, string>;
}

/** Bounds of what is taken for `show info`; HAProxy 3.5 prints 82 lines in 1.4 KB. What is beyond is passed over. */
const maxBytes = 65_536;
const maxLines = 1_024;
const maxNameLength = 64;
const maxTextLength = 1_024;

const hexadecimal = /^0x[0-9a-f]{1,13}$/i;

/**
 * Reads `Name: value` lines; other lines, and texts that the catalogue does not ask for, are passed over. The first of two lines
 * with one name counts. Never throws.
 */
export function parseInfo(info: Buffer): Info {
  const numbers = new Map<string, number>();
  const texts = new Map<string, string>();
  for (const line of info.toString('utf8', 0, maxBytes).split('\n', maxLines)) {
    const colon = line.indexOf(':');
    if (colon <= 0 || colon > maxNameLength) continue;
    const printed = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    const field = fieldNamed('daemon', printed);
    const name = field?.name ?? printed;
    if (field?.exact.processes === 'text') setOnce(texts, name, value.slice(0, maxTextLength));
    else if (decimal.test(value) || hexadecimal.test(value)) setOnce(numbers, name, Number(value));
  }
  return { numbers, texts };
}

function setOnce<V>(map: Map<string, V>, name: string, value: V): void {
  if (!map.has(name)) map.set(name, value);
}
