import { lookUp, type Ini } from './ini';

export type InterpolationFaultKind = 'missing' | 'syntax' | 'depth';

export type Expansion =
  { readonly text: string } | { readonly kind: InterpolationFaultKind; readonly message: string };

/** As in Python. */
const maxDepth = 10;
/** Against values that multiply on every level; Python has no such bound. */
const maxReferences = 1000;

/** A `$` and what it introduces: a second `$`, a reference, or something that is neither. */
const dollar = /\$(\$|\{[^}]+\})?/g;

class Expander {
  #fault: { kind: InterpolationFaultKind; message: string } | undefined;
  #references = 0;

  constructor(private readonly ini: Ini) {}

  run(value: string, section: string): Expansion {
    const text = this.#expand(value, section, 1);
    return this.#fault ?? { text };
  }

  #expand(value: string, section: string, depth: number): string {
    if (depth > maxDepth) {
      return this.#fail('depth', `references go deeper than ${maxDepth} levels: is there a loop?`);
    }
    return value.replace(dollar, (_all: string, what: string | undefined) => {
      if (this.#fault) return '';
      if (what === '$') return '$';
      if (what === undefined) {
        return this.#fail('syntax', "a '$' begins ${option} or ${section:option}; a plain one is written $$");
      }
      return this.#refer(what.slice(1, -1), section, depth);
    });
  }

  #refer(reference: string, here: string, depth: number): string {
    const path = reference.split(':');
    if (path.length > 2) {
      return this.#fail('syntax', `reference '\${${reference}}' has more than one ':'`);
    }
    const section = path.length === 2 ? path[0]! : here;
    const entry = lookUp(this.ini, section, path.at(-1)!.toLowerCase());
    if (!entry) {
      return this.#fail('missing', `reference '\${${reference}}': there is no such option`);
    }
    if (++this.#references > maxReferences) {
      return this.#fail('depth', `more than ${maxReferences} references in one value`);
    }
    return entry.value.includes('$') ? this.#expand(entry.value, section, depth + 1) : entry.value;
  }

  #fail(kind: InterpolationFaultKind, message: string): string {
    this.#fault ??= { kind, message };
    return '';
  }
}

/** The value of an option with its references filled in, as Python's `ExtendedInterpolation` does; of several faults the first. */
export function expand(ini: Ini, section: string, value: string): Expansion {
  return new Expander(ini).run(value, section);
}

/** The text that expands to `text`. */
export function escapeReferences(text: string): string {
  return text.replaceAll('$', '$$$$');
}
