import fc from 'fast-check';
import { BlockPool } from './block-pool';
import { LineWriter, type NamedValues } from './line-writer';

function textOf(write: (writer: LineWriter) => void): string {
  const writer = new LineWriter(1_700_000_010, new BlockPool());
  write(writer);
  return writer
    .take(true)
    .map(({ bytes }) => bytes.toString())
    .join('');
}

/** A number as it stands in a line. */
function written(value: number): string {
  return textOf((writer) => {
    writer.path('p.');
    writer.line(Buffer.from('m '), value);
  }).slice('p.m '.length, -' 1700000010\n'.length);
}

function column(name: string, ...values: (number | undefined)[]): NamedValues {
  const bits = values.map((value, row): number => (value === undefined ? 0 : 1 << row));
  return {
    name: Buffer.from(`${name} `),
    values: Float64Array.from(values, (value) => value ?? 0),
    present: Uint8Array.of(bits.reduce((sum, bit) => sum | bit, 0)),
  };
}

describe('LineWriter', () => {
  it('writes what each row has, below its path', () => {
    const metrics = [column('a', 1, undefined, 3), column('b', 0.5, 2, undefined)];
    const text = textOf((writer) => {
      for (const [row, path] of ['x.', 'x.y.', 'z.'].entries()) {
        writer.path(path);
        writer.row(metrics, row);
      }
    });
    expect(text).toBe('x.a 1 1700000010\nx.b 0.5 1700000010\nx.y.b 2 1700000010\nz.a 3 1700000010\n');
  });

  it.each([0, 7, 10, 999, 1_000, 2 ** 31 - 1, 2 ** 31, 999_999_999, 1e9, 1e9 + 1, 1e18, 2 ** 53 - 1])(
    'writes %d digit by digit',
    (value) => {
      expect(written(value)).toBe(String(value));
      expect(written(-value)).toBe(String(-value));
    },
  );

  it.each([
    0.1,
    0.0001,
    0.00005,
    1e-7,
    12.34,
    99_999_999_999.9999,
    1e15 + 0.5,
    1 / 3,
    2 ** 53 + 2,
    1e21,
    5e-324,
  ])('writes %d as JavaScript does', (value) => {
    expect(written(value)).toBe(String(value));
  });

  it('writes any number by the shortest text that reads as the same', () => {
    const decimals = fc.tuple(fc.integer(), fc.integer({ min: 0, max: 6 })).map(([n, d]) => n / 10 ** d);
    const numbers = fc.oneof(
      fc.maxSafeInteger(),
      decimals,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(numbers, (value) => {
        expect(written(value)).toBe(String(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('writes and counts no line for what is no finite number', () => {
    const metrics = [column('a', Infinity), column('b', NaN), column('c', -Infinity), column('d', 1)];
    let lines = 0;
    const text = textOf((writer) => {
      writer.path('x.');
      lines = writer.row(metrics, 0);
    });
    expect([text, lines]).toEqual(['x.d 1 1700000010\n', 1]);
  });

  it('cuts blocks between lines, each about 64 KiB, and counts their lines', () => {
    const writer = new LineWriter(1, new BlockPool());
    const blocks = [];
    for (let row = 0; row < 10_000; row++) {
      writer.path(`row-${row}.`);
      writer.row([column('metric', row)], 0);
      if (writer.isReady) blocks.push(...writer.take());
    }
    blocks.push(...writer.take(true));
    const texts = blocks.map(({ bytes }) => bytes.toString());
    expect(texts.join('')).toBe(
      Array.from({ length: 10_000 }, (_, row) => `row-${row}.metric ${row} 1\n`).join(''),
    );
    expect(blocks.map(({ lines }) => lines)).toEqual(texts.map((text) => text.split('\n').length - 1));
    expect(Math.max(...blocks.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(65_536);
    expect(blocks.length).toBe(Math.ceil(texts.join('').length / 65_536));
  });

  it('writes a line that is longer than a block', () => {
    const path = `${'x'.repeat(100_000)}.`;
    const text = textOf((writer) => {
      writer.path('a.');
      writer.line(Buffer.from('m '), 1);
      writer.path(path);
      writer.line(Buffer.from('m '), 2);
    });
    expect(text).toBe(`a.m 1 1700000010\n${path}m 2 1700000010\n`);
  });
});
