import { z } from 'zod';

/** A record that does not keep to its contract: its bytes are at fault, not the moment; reading it again cannot help. */
export class RecordFormatError extends Error {
  override readonly name = 'RecordFormatError';
}

/** What may name a cluster or a node wherever it becomes a key, a path or a Redis key. No leading dot: `..` is a folder, and empties a Graphite path. */
const name = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/;

export function isName(text: string): boolean {
  return name.test(text);
}

/** Makes a host's or a user's word a name: every other character becomes `_`. */
export function sanitiseName(text: string): string {
  return text.replace(/^\.|[^A-Za-z0-9._-]/g, '_').slice(0, 255) || '_';
}

/** What would break or disguise a line of a log or a path: control and format characters, separators of lines, halves of pairs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const allUnprintable = new RegExp(unprintable, 'gu');

export function isPrintable(text: string): boolean {
  return !unprintable.test(text);
}

/** What is not printable is written as `\u{a}`. */
export function printable(text: string): string {
  return text.replace(allUnprintable, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A record of ours has about ten, one put aside as unreadable those and as many again; tracing and the like may add theirs. */
export const maxHeaders = 128;
/** Names and values of all headers of a record, in characters. */
const maxHeadersLength = 262_144;

/** Reads headers one by one and names the one at fault. */
export class HeaderReader {
  /** Throws RecordFormatError where there are too many, or too long ones. */
  constructor(
    private readonly headers: Readonly<Record<string, string>>,
    maxLength = maxHeadersLength,
  ) {
    const names = Object.keys(headers);
    if (names.length > maxHeaders)
      throw new RecordFormatError(`the record has more than the ${maxHeaders} headers that are allowed`);
    const length = names.reduce((sum, key) => sum + key.length + headers[key]!.length, 0);
    if (length > maxLength)
      throw new RecordFormatError(`the headers have ${length} characters, ${maxLength} are allowed`);
  }

  text(key: string, maxLength = 1024): string {
    const value = Object.hasOwn(this.headers, key) ? this.headers[key] : undefined;
    if (value === undefined) throw new RecordFormatError(`no header '${key}'`);
    if (value.length > maxLength) {
      throw new RecordFormatError(`header '${key}' has ${value.length} characters, ${maxLength} are allowed`);
    }
    return value;
  }

  textOrNone(key: string, maxLength?: number): string | undefined {
    return Object.hasOwn(this.headers, key) ? this.text(key, maxLength) : undefined;
  }

  name(key: string): string {
    const value = this.text(key);
    if (!isName(value))
      throw new RecordFormatError(`header '${key}' is no name: ${JSON.stringify(value.slice(0, 80))}`);
    return value;
  }

  /** '' where there is no such header. */
  nameOrNone(key: string): string {
    return Object.hasOwn(this.headers, key) ? this.name(key) : '';
  }

  integer(key: string, { min, max }: { min: number; max: number }): number {
    const text = this.text(key);
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) {
      throw new RecordFormatError(
        `header '${key}' is no integer from ${min} to ${max}: ${JSON.stringify(text.slice(0, 80))}`,
      );
    }
    return value;
  }

  /** `2/5`: the third of five. `0/0` is the only part of nothing. */
  part(key: string, maxParts: number): { part: number; parts: number } {
    const match = /^(\d{1,6})\/(\d{1,6})$/.exec(this.text(key));
    const part = Number(match?.[1]);
    const parts = Number(match?.[2]);
    if (!match || parts > maxParts || (part >= parts && parts > 0)) {
      throw new RecordFormatError(
        `header '${key}' is no part of at most ${maxParts}: ${JSON.stringify(this.text(key).slice(0, 80))}`,
      );
    }
    return { part, parts };
  }

  version(key: string, known: number): void {
    const version = this.integer(key, { min: 1, max: 1_000_000 });
    if (version !== known)
      throw new RecordFormatError(`version ${version} of the record; this program reads ${known}`);
  }
}

/** Slots up to the year 2200, intervals up to a day, in ms. */
export const slotRange = { min: 1, max: 7_258_118_400_000 };
export const intervalRange = { min: 1, max: 86_400_000 };

/** What zod found, for a message: there may be thousands of faults, with names of any length. */
export function toldIssues({ issues }: z.ZodError): string {
  const first = z.prettifyError(new z.ZodError(issues.slice(0, 3))).slice(0, 500);
  const told = printable(first.replaceAll(/\s*\n\s*/g, ' '));
  return issues.length > 3 ? `${told} and ${issues.length - 3} more` : told;
}
