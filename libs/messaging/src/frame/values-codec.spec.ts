import { isPresent, type Column } from '@haproxystats/metrics';
import fc from 'fast-check';
import { column } from '../../../../test/support/frame-column';
import { RecordFormatError } from '../record-headers';
import { ByteReader } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { encodeValues, isValuesSection, readValues, writeValues, type RowRange } from './values-codec';

function written(source: Column, range: RowRange): { type: number; bytes: Buffer } {
  const encoded = encodeValues(source, range);
  const writer = new ByteWriter();
  writeValues(writer, encoded);
  return { type: encoded.section, bytes: writer.done() };
}

function cellsOf(values: Pick<Column, 'values' | 'present'>): (number | undefined)[] {
  return [...values.values].map((value, row) => (isPresent(values, row) ? value : undefined));
}

describe('values', () => {
  const number = fc.oneof(
    fc.nat(255),
    fc.nat(65_535),
    fc.nat(2 ** 32 - 1),
    fc.integer(),
    fc.double({ noNaN: true }).map((value) => value + 0),
    fc.constantFrom(255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, 0.5),
  );
  const small = fc.constantFrom(0, 1, 255);
  const cells = fc.oneof(number, small).chain(() =>
    fc.array(fc.oneof({ arbitrary: fc.oneof(number, small), weight: 3 }, fc.constant(undefined)), {
      maxLength: 40,
    }),
  );

  it('come back as they were, from any row on', () => {
    fc.assert(
      fc.property(cells, fc.nat(4), (some, start) => {
        const from = Math.min(start * 8, Math.floor(some.length / 8) * 8);
        const { type, bytes } = written(column('stot', 'sum', some), { from, to: some.length });
        const rows = some.length - from;
        expect(cellsOf(readValues(new ByteReader(bytes), { type, rows, field: 'stot' }))).toEqual(
          some.slice(from),
        );
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a byte', [0, 255, undefined], 1 + 2],
    ['two', [256, 65_535], 1 + 4],
    ['four', [65_536, 1], 1 + 8],
    ['eight: large', [2 ** 32], 1 + 8],
    ['eight: negative', [-1, 1], 1 + 16],
    ['eight: a fraction', [0.5], 1 + 8],
    ['none: all blank', [undefined, undefined], 1],
  ])('take as few bytes as they need: %s', (_, some, length) => {
    expect(written(column('stot', 'sum', some), { from: 0, to: some.length }).bytes.length).toBe(length);
  });

  it('are blank beyond the last row of a part', () => {
    const whole = column('stot', 'sum', Array<number>(16).fill(7));
    const { type, bytes } = written(whole, { from: 0, to: 8 });
    const { values, present } = readValues(new ByteReader(bytes), { type, rows: 8, field: 'stot' });
    expect([values.length, ...present]).toEqual([8, 255]);
  });

  it('are refused where there are more or fewer than rows that have one', () => {
    const { type, bytes } = written(column('stot', 'sum', [1, 2, 3]), { from: 0, to: 3 });
    const read = (some: Buffer) => readValues(new ByteReader(some), { type, rows: 3, field: 'stot' });
    expect(() => read(bytes.subarray(0, -1))).toThrow(RecordFormatError);
    expect(() => read(Buffer.concat([bytes, Buffer.of(1)]))).toThrow('column stot');
  });

  it('stand in sections of types of their own', () => {
    expect([1, 2, 3, 4, 5, 6, 7].filter(isValuesSection)).toEqual([1, 4, 5, 6]);
  });
});
