import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fieldsOf, ruleFacts, ruleOf, type EntityKind } from '@haproxystats/haproxy';
import { formulaFunctions, selectableMetrics } from '@haproxystats/metrics';
import { settingsTable } from '@haproxystats/runtime';
import { differences, everywhere } from '../golden/differences';

const docs = resolve(__dirname, '../../docs');
const page = readFileSync(`${docs}/MIGRATION.md`, 'utf8');

/** What a rule of the original is called among ours, where the metrics are the same. */
const alike: Readonly<Record<string, string>> = { classicSum: 'sum', classicMean: 'mean' };
const kinds: readonly EntityKind[] = ['daemon', 'frontend', 'backend', 'server'];

describe('docs/MIGRATION.md', () => {
  it('has a row for each quirk of the original', () => {
    const rows = [...page.matchAll(/^\| Q(\d+) +\|/gm)].map(([, number]) => Number(number));
    expect(rows).toEqual(Array.from({ length: 39 }, (_, i) => i + 1));
  });

  it('names the quirks by which the recordings differ, and says of none of them that it is as before', () => {
    const told = /^On the recordings [^]*?\.$/m.exec(page)![0].match(/\bQ\d+/g);
    const all = [...everywhere, ...Object.values(differences).flat()];
    const quirks = new Set(all.flatMap(({ quirk }) => quirk.split(', ')));
    expect(told).toEqual([...quirks].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
    const classic = [...quirks].map(
      (quirk) => new RegExp(`^\\| ${quirk} .*`, 'm').exec(page)![0].split('|')[3]!,
    );
    expect(classic.filter((cell) => /^ *as before/.test(cell))).toEqual([]);
  });

  it('shows lists of metrics that can be chosen', () => {
    const examples = [...page.matchAll(/^(frontend|backend|server)-metrics = (.*)$/gm)];
    expect(examples.length).toBeGreaterThan(0);
    for (const [, kind, names] of examples) {
      const known = selectableMetrics(kind as EntityKind, 'exact');
      expect(names!.split(' ').filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it('names every option without effect, and every misspelling', () => {
    const chapter = page.slice(
      page.indexOf('## Options without effect'),
      page.indexOf('## What is refused now'),
    );
    const names = settingsTable.flatMap(({ key, noEffect, aliases = [] }) => [
      ...(noEffect === undefined ? [] : [key]),
      ...aliases,
    ]);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !new RegExp(`[\` ]${name}\``).test(chapter))).toEqual([]);
  });

  it('names every metric that exact semantics combine in another way', () => {
    const chapter = page.slice(page.indexOf('## Classic to exact'));
    const changed = kinds.flatMap((kind) =>
      fieldsOf(kind)
        .filter((field) => {
          const [classic, exact] = [ruleOf(field, kind, 'classic'), ruleOf(field, kind, 'exact')];
          return classic && ruleFacts[classic].metrics.length > 0 && (alike[classic] ?? classic) !== exact;
        })
        .map(({ name }) => name),
    );
    expect(changed.length).toBeGreaterThan(30);
    expect(changed.filter((name) => !chapter.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('docs/CONFIGURATION.md', () => {
  it('names every function that a formula may call', () => {
    const configuration = readFileSync(`${docs}/CONFIGURATION.md`, 'utf8');
    const chapter = configuration.slice(configuration.indexOf('## Derived metrics'));
    expect(formulaFunctions.filter(({ name }) => !chapter.includes(`\`${name}\``))).toEqual([]);
  });
});
