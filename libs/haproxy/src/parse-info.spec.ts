import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseInfo } from './parse-info';

describe('parseInfo', () => {
  it('tells numbers from texts', () => {
    const { numbers, texts } = parseInfo(
      readFileSync(join(__dirname, '../testdata/haproxy-2.6.12/info.txt')),
    );
    expect(numbers.get('Maxconn')).toBe(2000);
    expect(numbers.get('Nbthread')).toBeGreaterThan(0);
    expect(texts.get('Version')).toMatch(/^2\.6\.12/);
    expect(numbers.has('Version')).toBe(false);
  });

  it('keeps the rest of a line with several colons, and the first of two lines', () => {
    const { numbers, texts } = parseInfo(
      Buffer.from('node: a: b\nnot a line\nTasks: 5\nTasks: 6\nUptime: 0d 0h00m01s\n'),
    );
    expect(texts.get('node')).toBe('a: b');
    expect(numbers.get('Tasks')).toBe(5);
    expect(texts.get('Uptime')).toBe('0d 0h00m01s');
  });
});
