import type { Parsed } from './fault';

/** What a Python pattern is made of: an escape, a class, a brace, the opening of a group, or one other character. */
const token = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\{\d*(?:,\d*)?\}|\(\?(?:P<|P=\w+\)|P?.?)|[\s\S]/gu;
const leadingFlags = /^\(\?([aimsu]+)\)/;
const classEscape = /\\([\s\S])/gu;

/** Letters that Python knows behind a backslash and JavaScript understands alike. */
const knownLetters = /^[bBdDsSwWnrtfvxu0-9]$/;
/** Constructs for which JavaScript has no word, as they begin. */
const refused = new Map([
  ['(?#', 'JavaScript knows no comment (?#…)'],
  ['(?>', 'JavaScript knows no atomic group (?>…)'],
  ['(?(', 'JavaScript knows no condition (?(…)…)'],
  ['(?P', 'unknown extension (?P'],
]);

class Translation {
  fault: string | undefined;

  token(part: string): string {
    if (part.startsWith('\\')) return this.#escape(part[1]!);
    if (part.startsWith('[')) return this.#class(part);
    if (part.startsWith('(?')) return this.#group(part);
    if (part.startsWith('{')) return brace(part);
    return part === ']' || part === '}' ? `\\${part}` : part;
  }

  #escape(char: string): string {
    if (char === 'A') return '^';
    if (char === 'Z') return '$';
    if (char === 'a') return '\\x07';
    if (/[A-Za-z0-9]/.test(char))
      return knownLetters.test(char) ? `\\${char}` : this.#refuse(`unknown escape \\${char}`);
    return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
  }

  #class(part: string): string {
    if (['[', '[]', '[^]'].includes(part)) return this.#refuse('a [ is not closed');
    const [, open = '', rest = ''] = /^(\[\^?)([\s\S]*)$/.exec(part) ?? [];
    const leading = rest.startsWith(']') ? '\\]' : '';
    const members = rest.slice(leading ? 1 : 0).replace(classEscape, (escape, char: string) => {
      if (char === '-') return escape;
      return /[AZ]/.test(char) ? this.#refuse(`unknown escape ${escape} in []`) : this.#escape(char);
    });
    return open + leading + members;
  }

  #group(part: string): string {
    if (part === '(?P<') return '(?<';
    if (part.startsWith('(?P=')) return `\\k<${part.slice(4, -1)}>`;
    const construct = refused.get(part.slice(0, 3));
    return construct ? this.#refuse(construct) : part;
  }

  #refuse(fault: string): string {
    this.fault ??= fault;
    return '';
  }
}

/** `{n,m}` counts, `{,m}` counts from 0; any other brace is a brace. */
function brace(part: string): string {
  if (part === '{' || part === '{}') return part.replace(/[{}]/g, '\\$&');
  return part.replace('{,', '{0,');
}

/** The JavaScript expression that matches what Python's `re.search(pattern, name)` matches; what can't be said in JavaScript is a fault. */
export function compilePattern(pattern: string): Parsed<RegExp> {
  const flags = leadingFlags.exec(pattern)?.[1] ?? '';
  const body = flags ? pattern.replace(leadingFlags, '') : pattern;
  const translation = new Translation();
  const source = body.replace(token, (part) => translation.token(part));
  if (translation.fault !== undefined) return { fault: translation.fault };
  try {
    return { value: new RegExp(source, `u${[...new Set(flags.replace(/[au]/g, ''))].join('')}`) };
  } catch (error) {
    return { fault: (error as SyntaxError).message };
  }
}
