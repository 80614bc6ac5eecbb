import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, type LoadedSettings } from './load-settings';
import { renderSettings } from './render';

describe('groups that are added up', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sums-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function load(text: string): LoadedSettings {
    const file = join(directory, 'haproxystats.conf');
    writeFileSync(file, text);
    return loadSettings({ file, env: {}, hostname: 'lb1' });
  }

  const faultsOf = (text: string): string[] =>
    load(text).faults.map(({ line, message }) => `${line}: ${message}`);

  it('keep their order and the capitals of their names, and need no group-namespace', () => {
    const { settings, faults } = load(
      '[backend-sums]\nShop = ^shop\\.\nall = .\n[server-sums]\nrack-1_a = ^r1_\n[frontend-sums]\nWeb = www$$\n',
    );
    expect(faults).toEqual([]);
    const { sums } = settings;
    expect(sums.backend.map(({ name, pattern }) => [name, pattern])).toEqual([
      ['Shop', '^shop\\.'],
      ['all', '.'],
    ]);
    expect(sums.server.map(({ name }) => name)).toEqual(['rack-1_a']);
    expect(sums.frontend[0]!.expression.test('www')).toBe(true);
    expect(sums.frontend[0]!.expression.test('www2')).toBe(false);
  });

  it('are there none unless somebody writes them', () => {
    expect(load('').settings.sums).toEqual({ frontend: [], backend: [], server: [] });
  });

  it('may be called as an option of [DEFAULT], whose options are none of them', () => {
    const { settings, faults, warnings } = load(
      '[DEFAULT]\nloglevel = debug\n[backend-sums]\nloglevel = ^a\n',
    );
    expect([faults, warnings]).toEqual([[], []]);
    expect(settings.sums.backend.map(({ pattern }) => pattern)).toEqual(['^a']);
  });

  it.each([
    [
      'a.b = x',
      "2: group 'a.b' in section 'backend-sums': the name must be made of letters a-z, digits, '_' and '-'",
    ],
    [
      'a b = x',
      "2: group 'a b' in section 'backend-sums': the name must be made of letters a-z, digits, '_' and '-'",
    ],
    ['a = (', "2: group 'a' in section 'backend-sums': pattern '(' can't be used:"],
    [
      'a = (?>a)',
      "2: group 'a' in section 'backend-sums': pattern '(?>a)' can't be used: JavaScript knows no atomic group (?>…)",
    ],
    [
      'a = ^(\\w+_?)+$$',
      "2: group 'a' in section 'backend-sums': pattern '^(\\w+_?)+$' can't be used: it does not come to an end within a second",
    ],
    ['a = x\nA = y', "3: option 'a' of section 'backend-sums' is set for the second time, first on line 2"],
    ['a = ${nowhere}', "2: group 'a' in section 'backend-sums': "],
  ])('refuse %j', (rows, message) => {
    const faults = faultsOf(`[backend-sums]\n${rows}\n`);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it('are shown as they were written', () => {
    const text = '[backend-sums]\nShop = ^shop$$\nall = .\n';
    const shown = renderSettings(load(text));
    expect(shown).toContain(text);
    expect(load(shown).settings.sums).toEqual(load(text).settings.sums);
  });
});
