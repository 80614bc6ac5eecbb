import type { EntityKind, Nature } from './field';
import type { Rule } from './rule';

/** What HAProxy's typed output says of columns and `show info` lines that the catalogue does not know: their tags, by kind and by HAProxy's name. */
export type Tags = Readonly<Partial<Record<EntityKind, Readonly<Record<string, string>>>>>;

/** The typed output's tag: origin, nature, scope and, from HAProxy 3.3, persistence; what comes behind is passed over (management guide, 9.2). */
const tagFormat = /^([MSKCP])([AaCDGLMmNORT])([CPSs])[A-Za-z]{0,5}$/;

/** How a metric of a nature combines, where the scope is a single process. */
const byNature: Readonly<Record<string, Rule | undefined>> = {
  A: 'age',
  a: 'mean',
  C: 'sum',
  D: 'max',
  G: 'sum',
  L: 'limit',
  M: 'range',
  m: 'min',
  R: 'sum',
  T: 'max',
};

/** Natures that are no numbers: names and texts. */
const wordy = 'NO';

/** The tag's second letter in words; status words and keys are tagged as gauges. */
const natureOfLetter: Readonly<Record<string, Nature | undefined>> = {
  A: 'age',
  a: 'average',
  C: 'counter',
  D: 'duration',
  G: 'gauge',
  L: 'limit',
  M: 'maximum',
  m: 'minimum',
  N: 'text',
  O: 'text',
  R: 'rate',
  T: 'time',
};

/** What a number with this tag is; undefined where the tag is none. */
export function natureOfTag(tag: string): Nature | undefined {
  return natureOfLetter[tagFormat.exec(tag)?.[2] ?? ''];
}

/**
 * The rule for a column that the catalogue does not know, by its tag; undefined where its values cannot be combined (names, texts,
 * keys, status) or the tag is none. A limit is a limit wherever it comes from; another number of the configuration is sent while all agree.
 * What is not of the process alone is the same number in each process, so the largest stands for all.
 */
export function ruleOfTag(tag: string): Rule | undefined {
  const [, origin, nature, scope] = tagFormat.exec(tag) ?? [];
  if (nature === undefined || wordy.includes(nature)) return undefined;
  if (nature === 'L') return 'limit';
  if (origin === 'C') return 'same';
  if (origin !== 'M') return undefined;
  return scope === 'P' || nature === 'A' || nature === 'm' ? byNature[nature] : 'max';
}
