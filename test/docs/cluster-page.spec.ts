import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { evaluate } from 'mathjs';
import { loadConfig } from '../support/load-config';
import { valuesOf, type Away, type Cells, type Example } from './cluster-example';

const page = readFileSync(resolve(__dirname, '../../docs/CLUSTER.md'), 'utf8');

/** The rows of the table behind a comment with this word. */
function tableOf(word: string): Cells[] {
  const [, text = ''] = page.split(`<!-- ${word} -->\n`);
  const lines = text
    .trimStart()
    .split(/\n(?!\|)/)[0]!
    .split('\n');
  const [header, , ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [header![i]!, cell])));
}

function example(): Example {
  const { settings, faults } = loadConfig(/```ini\n([^]*?)```/.exec(page)![1]!);
  expect(faults).toEqual([]);
  const [info, backend, server] = ['info', 'backend', 'server'].map(tableOf);
  return { settings, info: info!, backend: backend!, server: server! };
}

const scenarios: Readonly<Record<string, Away>> = {
  all: {},
  process: { process: 'lb2 b' },
  node: { node: 'lb2' },
  late: { late: true },
};

describe('docs/CLUSTER.md', () => {
  it('has a scenario for each table of results', () => {
    const words = [...page.matchAll(/^<!-- (\w+) -->$/gm)].map(([, word]) => word!);
    expect(words).toEqual(['info', 'backend', 'server', ...Object.keys(scenarios)]);
  });

  it.each(Object.keys(scenarios))('has in the table %s what is sent to Graphite', (word) => {
    const values = valuesOf(example(), scenarios[word]!);
    const rows = tableOf(word);
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) {
      const path = row['path']!.replaceAll('`', '');
      // What was before the interval keeps a vote too small to see.
      expect([path, values.get(path)]).toEqual([path, expect.closeTo(Number(row['value']), 6)]);
    }
  });

  it.each(Object.keys(scenarios))('has in the table %s how each number is computed', (word) => {
    for (const row of tableOf(word))
      expect([row['path'], evaluate(row['computed as']!)]).toEqual([row['path'], Number(row['value'])]);
  });

  it('computes from numbers that the processes said', () => {
    const said = new Set<number>();
    for (const row of ['info', 'backend', 'server'].flatMap(tableOf)) {
      for (const [name, cell] of Object.entries(row)) {
        said.add(Number(cell));
        said.add(Number(cell) - Number(row[`${name} before`]));
      }
    }
    for (const row of tableOf('all').filter(({ path }) =>
      /CurrConns|Maxconn|Idle|scur|max|tot|rtime/.test(path!),
    )) {
      const numbers = row['computed as']!.match(/\d+/g)!.map(Number);
      const others = numbers.filter((number) => !said.has(number) && ![2, 4, 10, 100].includes(number));
      expect([row['path'], others]).toEqual([row['path'], []]);
    }
  });

  it('says right what the plain mean would be, and the numbers in the notes', () => {
    const values = valuesOf(example(), {});
    const times = tableOf('backend').map((row) => Number(row['rtime']));
    expect(page).toContain(
      `The mean of the four \`rtime\` would be ${times.reduce((a, b) => a + b) / times.length}:`,
    );
    const notes = [values.get('backend.shop.smax_sum'), values.get('backend.shop.smax')];
    expect(page).toMatch(
      new RegExp(`more than ${notes[0]} sessions at once in \`shop\`, and one of them had ${notes[1]}`),
    );
  });

  it('has an example for each kind of number', () => {
    const sent = new Set(tableOf('all').map((row) => row['path']!.replaceAll('`', '').split('.').at(-1)));
    const section = page.split('## What each number means')[1]!.split('\n## ')[0]!;
    const named = [...section.matchAll(/\| ([^|]*) \|$/gm)].flatMap(
      ([, cell]) => cell!.match(/`(\w+)`/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(9);
    for (const name of named) expect(sent).toContain(name.replaceAll('`', ''));
  });
});
