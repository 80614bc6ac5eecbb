import type { Fault, Place } from './fault';

export interface IniEntry extends Place {
  readonly value: string;
  /** The option's name as it was written; its key is in lower case. */
  readonly name: string;
}

export interface IniSection extends Place {
  readonly entries: Map<string, IniEntry>;
}

/** Sections by name, in file order; `DEFAULT` is one of them. */
export type Ini = Map<string, IniSection>;

export type IniFaultKind = 'no-section' | 'duplicate-section' | 'duplicate-option' | 'unparsable';

export interface IniFault extends Fault {
  readonly kind: IniFaultKind;
}

export interface ParsedIni {
  readonly ini: Ini;
  readonly faults: readonly IniFault[];
}

/** The section whose options every other section inherits. */
export const defaultSection = 'DEFAULT';

/** White space as Python's `str.strip` knows it: without U+FEFF, with the separators U+001C to U+001F and U+0085. */
const blank = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leadingBlanks = new RegExp(`^${blank}*`);
const trailingBlanks = new RegExp(`${blank}*$`);

const comment = /^[#;]/;
const header = /^\[(.+)\]/s;
const option = /^([^=:]*)[=:](.*)$/s;

/** As Python's `str.strip`. */
export function strip(text: string): string {
  return text.replace(leadingBlanks, '').replace(trailingBlanks, '');
}

/** An option that is being read: deeper indented lines and empty lines still belong to its value. */
interface OpenOption {
  readonly line: number;
  readonly parts: string[];
  readonly name: string;
  /** Of two options of one name the second is refused, with all its lines. */
  readonly isRefused: boolean;
}

class IniReader {
  readonly #ini: Ini = new Map();
  readonly #faults: IniFault[] = [];
  #section: IniSection | undefined;
  #sectionName = '';
  #option: OpenOption | undefined;
  #indent = 0;

  constructor(private readonly file: string) {}

  read(line: string, number: number): void {
    const text = strip(line);
    if (text === '') {
      this.#option?.parts.push('');
      return;
    }
    if (comment.test(text)) return;
    const indent = leadingBlanks.exec(line)?.[0].length ?? 0;
    if (this.#option && indent > this.#indent) {
      this.#option.parts.push(text);
    } else {
      this.#indent = indent;
      this.#begin(text, number);
    }
  }

  finish(): ParsedIni {
    this.#closeOption();
    return { ini: this.#ini, faults: this.#faults };
  }

  #begin(text: string, number: number): void {
    const name = header.exec(text)?.[1];
    if (name !== undefined) this.#openSection(name, number);
    else if (this.#section) this.#openOption(text, number);
    else this.#refuseHeadless(number);
  }

  #openSection(name: string, line: number): void {
    this.#closeOption();
    const earlier = this.#ini.get(name);
    if (earlier && name !== defaultSection) {
      const message = `section '${name}' stands here for the second time, it began on line ${earlier.line}`;
      this.#refuse('duplicate-section', line, message);
    }
    this.#section = earlier ?? { file: this.file, line, entries: new Map() };
    this.#sectionName = name;
    this.#ini.set(name, this.#section);
  }

  #openOption(text: string, line: number): void {
    const [, rawName, value] = option.exec(text) ?? [];
    if (rawName === undefined || value === undefined) {
      this.#refuse('unparsable', line, "neither a [section] nor an 'option = value'");
      return;
    }
    this.#closeOption();
    const name = strip(rawName);
    if (name === '') {
      this.#refuse('unparsable', line, 'a value without the name of an option');
      return;
    }
    const key = name.toLowerCase();
    const earlier = this.#section?.entries.get(key);
    if (earlier) {
      const message = `option '${key}' of section '${this.#sectionName}' is set for the second time, first on line ${earlier.line}`;
      this.#refuse('duplicate-option', line, message);
    }
    this.#option = { line, name, parts: [strip(value)], isRefused: earlier !== undefined };
  }

  #closeOption(): void {
    const done = this.#option;
    this.#option = undefined;
    if (!done || done.isRefused) return;
    const { line, name, parts } = done;
    const value = parts.join('\n').replace(trailingBlanks, '');
    this.#section?.entries.set(name.toLowerCase(), { file: this.file, line, name, value });
  }

  #refuseHeadless(line: number): void {
    if (this.#faults.length > 0) return;
    this.#refuse(
      'no-section',
      line,
      'no [section] above this line: what stands before the first one is lost',
    );
  }

  #refuse(kind: IniFaultKind, line: number, message: string): void {
    this.#faults.push({ kind, file: this.file, line, message });
  }
}

/**
 * Reads INI text exactly as Python's `configparser.ConfigParser` does by default, but names every fault instead of only the first.
 * Of two options of one name the first counts. References (`${…}`) stay as they are: see interpolation.ts.
 */
export function parseIni(text: string, file: string): ParsedIni {
  const reader = new IniReader(file);
  text.split(/\r\n|\r|\n/).forEach((line, index) => {
    reader.read(line, index + 1);
  });
  return reader.finish();
}

/** One INI of several: later values win, and values and sections have the place where they were said last; the order of first mention stays. */
export function mergeIni(layers: readonly Ini[]): Ini {
  const merged: Ini = new Map();
  for (const [name, { file, line, entries }] of layers.flatMap((layer) => [...layer])) {
    const earlier = merged.get(name)?.entries ?? [];
    merged.set(name, { file, line, entries: new Map([...earlier, ...entries]) });
  }
  return merged;
}

/** What a section says about a key, itself or by [DEFAULT]. A section that is absent says nothing. */
export function lookUp(ini: Ini, section: string, key: string): IniEntry | undefined {
  const own = ini.get(section);
  if (!own && section !== defaultSection) return undefined;
  return own?.entries.get(key) ?? ini.get(defaultSection)?.entries.get(key);
}
