import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compilePattern } from './python-pattern';

interface PythonAnswer {
  readonly pattern: string;
  readonly matches?: readonly number[];
  readonly error?: string;
}

const corpusFile = resolve(__dirname, '../../../../test/fixtures/ini/corpus.json');
const { names, patterns } = JSON.parse(readFileSync(corpusFile, 'utf8')) as {
  names: string[];
  patterns: PythonAnswer[];
};

describe('compilePattern, against re.search of Python', () => {
  const working = patterns.filter(({ matches }) => matches !== undefined);
  const broken = patterns.filter(({ error }) => error !== undefined);
  const compiled = working.flatMap(({ pattern, matches }) => {
    const result = compilePattern(pattern);
    return 'value' in result ? [{ pattern, matches, expression: result.value }] : [];
  });

  it('finds the same names', () => {
    const ours = compiled.map(({ pattern, expression }) => ({
      pattern,
      matches: names.flatMap((name, i) => (expression.test(name) ? [i] : [])),
    }));
    expect(ours).toEqual(compiled.map(({ pattern, matches }) => ({ pattern, matches })));
  });

  it('refuses only what JavaScript has no word for', () => {
    const refused = working
      .map(({ pattern }) => pattern)
      .filter((pattern) => 'fault' in compilePattern(pattern));
    expect(refused).toEqual(['a++', '(?>a)b', '(a)?(?(1)b|c)', '(?#note)a', '(?x) a b', '\\07']);
  });

  it('refuses what Python refuses', () => {
    const accepted = broken
      .map(({ pattern }) => pattern)
      .filter((pattern) => 'value' in compilePattern(pattern));
    expect(accepted).toEqual([]);
  });

  it.each([
    ['(?>a)b', 'JavaScript knows no atomic group (?>…)'],
    ['[a', 'a [ is not closed'],
    ['\\q', 'unknown escape \\q'],
  ])('says why it refuses %s', (pattern, fault) => {
    expect(compilePattern(pattern)).toEqual({ fault });
  });
});
