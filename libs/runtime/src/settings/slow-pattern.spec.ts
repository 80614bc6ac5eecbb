import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compilePattern } from './python-pattern';
import { slowName } from './slow-pattern';

const corpusFile = resolve(__dirname, '../../../../test/fixtures/ini/corpus.json');
const { patterns } = JSON.parse(readFileSync(corpusFile, 'utf8')) as { patterns: { pattern: string }[] };

function slowNameOf(pattern: string): string | undefined {
  const compiled = compilePattern(pattern);
  return 'value' in compiled ? slowName(compiled.value) : undefined;
}

describe('slowName', () => {
  it.each([
    String.raw`^(\w+_?)+$`,
    String.raw`^(\w+\d+)+-$`,
    '^(web-?|web)+x$',
    '(.*)*prod$',
    String.raw`(?i)^(SHOP\w*)+\.$`,
  ])('is found for %s', (pattern) => {
    expect(slowNameOf(pattern)).toMatch(/^[\w:-]{40,}$/);
  });

  it.each([
    '.*-.*-.*-.*-foo',
    String.raw`\w*\w*-x`,
    '.*web1.*web1.*web1.*foo',
    String.raw`^([a-z]+_)*x$`,
    '^(shop|cart|pay)-(prod|test)_[0-9]+$',
    '^(?!.*(internal|private)).*_com$',
  ])('is not found for %s', (pattern) => {
    expect(slowNameOf(pattern)).toBeUndefined();
  });

  it('is not found for what is not hostile', () => {
    expect(
      patterns.map(({ pattern }) => pattern).filter((pattern) => slowNameOf(pattern) !== undefined),
    ).toEqual([]);
  });
});
