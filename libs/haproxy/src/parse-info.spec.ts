import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseInfo } from './parse-info';

const parse = (text: string) => parseInfo(Buffer.from(text));

describe('parseInfo', () => {
  it('tells numbers from texts', () => {
    const { numbers, texts } = parseInfo(
      readFileSync(join(__dirname, '../testdata/haproxy-2.6.12/info.txt')),
    );
    expect(numbers.get('Maxconn')).toBe(2000);
    expect(numbers.get('Unstoppable Jobs')).toBe(1);
    expect(Object.fromEntries(texts)).toEqual({
      Name: 'HAProxy',
      Version: '2.6.12-1+deb12u4',
      'Build info': '2.6.12-1+deb12u4',
      Release_date: '2026/10/17',
      node: 'lb-peers-1',
      description: 'peers capture',
    });
  });

  it('keeps a text that looks like a number as a text', () => {
    const { numbers, texts } = parse('node: 7\ndescription: 0x10\n');
    expect([numbers.size, texts.get('node'), texts.get('description')]).toEqual([0, '7', '0x10']);
  });

  it('keeps the rest of a line with several colons, and the first of two lines', () => {
    const { numbers, texts } = parse('node: a: b\nnot a line\nTasks: 5\nTasks: 6\n');
    expect(texts.get('node')).toBe('a: b');
    expect(numbers.get('Tasks')).toBe(5);
  });

  it.each([
    ['0', 0],
    ['0x12', 18],
    ['0x1ABC', 6844],
  ])('reads the bits of Tainted: %s', (text, value) => {
    expect(parse(`Tainted: ${text}\n`).numbers.get('Tainted')).toBe(value);
  });

  it('leaves out what is no number, however much it looks like one', () => {
    const { numbers } = parse('Tasks: 1_000\nJobs: 1e9\nMaxconn:\nPid: Infinity\nListeners: +1\n');
    expect(numbers.size).toBe(0);
  });

  it('takes negative numbers, fractions, unknown names, and lines that end in CR LF', () => {
    const { numbers } = parse('Idle_pct: 97.5\r\nSomethingNew: -3\r\n');
    expect([numbers.get('Idle_pct'), numbers.get('SomethingNew')]).toEqual([97.5, -3]);
  });

  it('knows a name by which some releases call a line', () => {
    expect(parse('TotalSplicdedBytesOut: 5\n').numbers.get('TotalSplicedBytesOut')).toBe(5);
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<html>\n<a href="http://lb:8080/">lb</a>\n'],
    ['the typed form', '6.Pid.1:SGP:u32:12896\n'],
    ['the JSON form', '[{"field":{"pos":0,"name":"Name"},"value":{"type":"u32","value":5}}]'],
  ])('finds no number in %s', (_, text) => {
    expect(parse(text).numbers.size).toBe(0);
  });

  it('keeps to its bounds', () => {
    const many = parse(
      'n:'.padEnd(20, ' ') + '\n' + Array.from({ length: 5_000 }, (_, i) => `n${i}: ${i}\n`).join(''),
    );
    expect(many.numbers.size).toBeLessThan(1_024);
    expect(parse(`${'x'.repeat(65)}: 1\n`).numbers.size).toBe(0);
    expect(parse(`description: ${'x'.repeat(5_000)}\n`).texts.get('description')).toHaveLength(1_024);
    expect(parse(`${' '.repeat(70_000)}\nTasks: 1\n`).numbers.size).toBe(0);
  });

  it('never throws, and answers finite numbers only', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    const lines = fc
      .array(
        fc
          .tuple(fc.constantFrom('Tasks', 'node', 'Tainted', 'x', ''), fc.string())
          .map((pair) => pair.join(': ')),
      )
      .map((list) => Buffer.from(list.join('\n')));
    fc.assert(
      fc.property(fc.oneof(bytes, lines), (text) => {
        expect([...parseInfo(text).numbers.values()].every(Number.isFinite)).toBe(true);
      }),
    );
  });
});
