import { Type } from 'avsc';
import fc from 'fast-check';
import { computedMs } from '../../../../test/support/own-time';
import { metricsType } from '../registry/result-types';
import { checkWire } from './wire-check';

/** A long in Avro's encoding. */
const long = (value: number): Buffer => Type.forSchema('long').toBuffer(value);
const strings = Type.forSchema({ type: 'array', items: 'string' });

describe('checkWire', () => {
  it('takes what avsc has written, of any type', () => {
    const schemas = [
      'null',
      'boolean',
      'int',
      'long',
      'float',
      'double',
      'bytes',
      'string',
      { type: 'enum', name: 'E', symbols: ['A', 'B'] },
      { type: 'fixed', name: 'F', size: 5 },
      { type: 'array', items: ['null', 'string'] },
      { type: 'map', values: { type: 'array', items: 'double' } },
      {
        type: 'record',
        name: 'R',
        fields: [
          { name: 'a', type: ['null', 'R'] },
          { name: 'b', type: 'int' },
        ],
      },
    ] as Parameters<typeof Type.forSchema>[0][];
    for (const schema of schemas) {
      const type = Type.forSchema(schema);
      for (let n = 0; n < 50; n++) {
        const buffer = type.toBuffer(type.random());
        checkWire(type, Buffer.concat([Buffer.alloc(3), buffer]), 3);
        expect(() => checkWire(type, Buffer.concat([buffer, Buffer.of(0)]), 0)).toThrow(/behind its end/);
      }
    }
  });

  it('takes blocks that tell their size', () => {
    const block = Buffer.concat([
      long(-2),
      long(4),
      long(1),
      Buffer.from('a'),
      long(1),
      Buffer.from('b'),
      long(0),
    ]);
    checkWire(strings, block, 0);
    expect(strings.fromBuffer(block)).toEqual(['a', 'b']);
  });

  it('refuses counts and lengths that cannot be, at once', () => {
    const refuseAll = (): void => {
      for (const count of [2 ** 31, 2 ** 40, 2 ** 52, -(2 ** 40)])
        expect(() => checkWire(strings, Buffer.concat([long(count), long(0)]), 0)).toThrow(
          /claims \d+ elements in/,
        );
      const nulls = Type.forSchema({ type: 'array', items: { type: 'array', items: 'null' } });
      const many = Buffer.concat([
        long(200),
        ...Array.from({ length: 200 }, () => [long(200), long(0)]).flat(),
        long(0),
      ]);
      expect(() => checkWire(nulls, many, 0)).toThrow(/claims \d+ elements in/);
      for (const length of [5, 2 ** 40, -1])
        expect(() => checkWire(Type.forSchema('string'), long(length), 0)).toThrow(/breaks off/);
      expect(() => checkWire(Type.forSchema('long'), Buffer.alloc(20, 255), 0)).toThrow(/more than 10 bytes/);
      expect(() => checkWire(Type.forSchema(['null', 'int']), long(2), 0)).toThrow(/a branch of a union/);
    };
    expect(computedMs(refuseAll)).toBeLessThan(1_000);
  });

  it('refuses what is nested without an end', () => {
    const endless = Type.forSchema({
      type: 'record',
      name: 'R',
      fields: [{ name: 'r', type: ['null', 'R'] }],
    });
    expect(() => checkWire(endless, Buffer.alloc(5_000, 2), 0)).toThrow(/levels deep/);
  });

  it('ends soon, whatever the bytes', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          checkWire(metricsType(), Buffer.from(bytes), 0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'RecordFormatError' });
        }
      }),
      { numRuns: 2_000 },
    ));
});
