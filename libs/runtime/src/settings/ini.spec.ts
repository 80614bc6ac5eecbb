import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { lookUp, mergeIni, parseIni, type Ini, type IniFault } from './ini';
import { expand } from './interpolation';

type PythonValue = string | readonly [kind: string];

type PythonAnswer =
  | {
      readonly text: string;
      readonly values: Record<string, Record<string, PythonValue>>;
      /** As they stand in the text, in its order; where one has capitals. */
      readonly names?: string[];
    }
  | { readonly text: string; readonly error: string; readonly lines: number[] };

const corpusFile = resolve(__dirname, '../../../../test/fixtures/ini/corpus.json');
const corpus = (JSON.parse(readFileSync(corpusFile, 'utf8')) as { ini: PythonAnswer[] }).ini;

/** Python stops at the first fault, save that it first gathers all lines it can't parse. */
function firstError(faults: readonly IniFault[]): { error: string; lines: number[] } {
  const stop = faults.find(({ kind }) => kind !== 'unparsable');
  if (stop) return { error: stop.kind, lines: [stop.line] };
  return { error: 'unparsable', lines: faults.map(({ line }) => line) };
}

function valuesOf(ini: Ini): Record<string, Record<string, PythonValue>> {
  const names = ['DEFAULT', ...[...ini.keys()].filter((name) => name !== 'DEFAULT')];
  return Object.fromEntries(
    names.map((name) => {
      const keys = [...(ini.get(name)?.entries.keys() ?? []), ...(ini.get('DEFAULT')?.entries.keys() ?? [])];
      return [name, Object.fromEntries(keys.map((key) => [key, valueOf(ini, name, key)]))];
    }),
  );
}

function valueOf(ini: Ini, section: string, key: string): PythonValue {
  const expansion = expand(ini, section, lookUp(ini, section, key)!.value);
  return 'text' in expansion ? expansion.text : [expansion.kind];
}

/** The names of all options as they were written, in the order of the lines. */
function namesOf(ini: Ini): string[] {
  const entries = [...ini.values()].flatMap((section) => [...section.entries.values()]);
  return entries.sort((a, b) => a.line - b.line).map(({ name }) => name);
}

describe('parseIni and expand, against configparser of Python', () => {
  it('has a corpus worth the name', () => {
    const failing = corpus.filter((answer) => 'error' in answer);
    expect(new Set(failing.map(({ error }) => error)).size).toBe(4);
    expect(corpus.length - failing.length).toBeGreaterThan(350);
    expect(corpus.filter((answer) => 'names' in answer).length).toBeGreaterThan(200);
  });

  it('gives the same values or the same fault for every text', () => {
    const different = corpus.filter((python) => {
      const { ini, faults } = parseIni(python.text, 'x.conf');
      const names = 'names' in python ? { names: namesOf(ini) } : {};
      const ours = faults.length > 0 ? firstError(faults) : { values: valuesOf(ini), ...names };
      return !isDeepEqual({ text: python.text, ...ours }, python);
    });
    expect(different).toEqual([]);
  });
});

function isDeepEqual(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

describe('parseIni', () => {
  it('names every fault, not only the first', () => {
    const text = 'early = 1\n[a]\nk = 1\nK = 2\n  more\nnothing\n[a]\n= 3\n';
    const { faults, ini } = parseIni(text, 'x.conf');
    expect(faults.map(({ kind, line }) => [kind, line])).toEqual([
      ['no-section', 1],
      ['duplicate-option', 4],
      ['unparsable', 6],
      ['duplicate-section', 7],
      ['unparsable', 8],
    ]);
    expect(ini.get('a')?.entries.get('k')?.value).toBe('1');
  });

  it('keeps the line on which a value begins', () => {
    const { ini } = parseIni('\n[a]\nx = 1\ny =\n  2\n  3\nz = 4\n', 'x.conf');
    const lines = [...ini.get('a')!.entries].map(([key, { line }]) => [key, line]);
    expect(lines).toEqual([
      ['x', 3],
      ['y', 4],
      ['z', 7],
    ]);
  });
});

describe('mergeIni', () => {
  it('lets later layers win, with their place, in the order of first mention', () => {
    const first = parseIni('[a]\nx = 1\ny = 1\n', 'first.conf').ini;
    const second = parseIni('[b]\nz = 2\n[a]\nX = 2\n', 'second.conf').ini;
    const merged = mergeIni([first, second]);
    expect([...merged.keys()]).toEqual(['a', 'b']);
    expect([...merged.get('a')!.entries]).toEqual([
      ['x', { file: 'second.conf', line: 4, name: 'X', value: '2' }],
      ['y', { file: 'first.conf', line: 3, name: 'y', value: '1' }],
    ]);
  });
});

describe('expand', () => {
  it('bounds values that multiply from level to level', () => {
    const level = (i: number) => `k${i} = ${`\${k${i + 1}}`.repeat(10)}\n`;
    const text = `[a]\n${[0, 1, 2, 3, 4, 5, 6, 7].map(level).join('')}k8 = x\n`;
    const { ini } = parseIni(text, 'x.conf');
    expect(expand(ini, 'a', '${k0}')).toEqual({
      kind: 'depth',
      message: 'more than 1000 references in one value',
    });
  });
});
