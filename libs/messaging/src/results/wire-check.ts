import type { Type, types } from 'avsc';
import { RecordFormatError } from '../record-headers';

/** Deeper than any schema of ours, and than the stack minds. */
const deepest = 64;

/**
 * Throws RecordFormatError unless the bytes from `start` on are one value of `type` and nothing more. avsc reads on behind the end of a
 * buffer, as often as a count in it says: some bytes that claim 2^40 servers would keep it busy for days. Here no value has more elements than bytes.
 */
export function checkWire(type: Type, buffer: Buffer, start: number): void {
  const walk = new WireWalk(buffer, start);
  walk.value(type, 0);
  if (walk.at < buffer.length)
    throw new RecordFormatError(`the record goes on for ${buffer.length - walk.at} bytes behind its end`);
}

class WireWalk {
  #elements = 0;

  constructor(
    private readonly buffer: Buffer,
    public at: number,
  ) {}

  value(type: Type, depth: number): void {
    if (depth > deepest) throw new RecordFormatError(`the record is more than ${deepest} levels deep`);
    const size = fixedSizes[type.typeName];
    if (size !== undefined) {
      this.skip(size);
      return;
    }
    const walker = walkers[type.typeName];
    if (!walker)
      throw new RecordFormatError(
        `the record's schema has a type '${type.typeName}', which is not known here`,
      );
    walker(this, type, depth + 1);
  }

  skip(bytes: number): void {
    this.at += bytes;
    if (!(bytes >= 0 && this.at <= this.buffer.length))
      throw new RecordFormatError(
        `the record breaks off, or a length in it is wrong: ${this.buffer.length} bytes`,
      );
  }

  /** Zigzag, 7 bits a byte, the lowest first; 10 bytes at most. */
  long(): number {
    let value = 0;
    for (let factor = 1, n = 0; n < 10; n++, factor *= 128) {
      this.skip(1);
      const byte = this.buffer[this.at - 1]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value % 2 ? -(value + 1) / 2 : value / 2;
    }
    throw new RecordFormatError('a number of the record has more than 10 bytes');
  }

  /** Blocks: a count, the elements, and so on until a count of 0; where it is negative, the bytes of the block follow. */
  blocks(element: () => void): void {
    for (let count = this.long(); count !== 0; count = this.long()) {
      if (count < 0) this.long();
      const elements = Math.abs(count);
      this.#elements += elements;
      if (this.#elements > this.buffer.length)
        throw new RecordFormatError(
          `the record claims ${this.#elements} elements in ${this.buffer.length} bytes`,
        );
      for (let n = 0; n < elements; n++) element();
    }
  }
}

const fixedSizes: Readonly<Record<string, number>> = { null: 0, boolean: 1, float: 4, double: 8 };

type Walker = (walk: WireWalk, type: Type, depth: number) => void;

const text: Walker = (walk) => walk.skip(walk.long());
const number: Walker = (walk) => void walk.long();
const union: Walker = (walk, type, depth) => {
  const branch = (type as types.UnwrappedUnionType).types[walk.long()];
  if (!branch) throw new RecordFormatError('the record has a branch of a union that there is not');
  walk.value(branch, depth);
};

const walkers: Readonly<Record<string, Walker>> = {
  int: number,
  long: number,
  enum: number,
  string: text,
  bytes: text,
  fixed: (walk, type) => walk.skip((type as types.FixedType).size),
  array: (walk, type, depth) => walk.blocks(() => walk.value((type as types.ArrayType).itemsType, depth)),
  map: (walk, type, depth) => {
    const { valuesType } = type as types.MapType as { valuesType: Type };
    walk.blocks(() => {
      walk.skip(walk.long());
      walk.value(valuesType, depth);
    });
  },
  'union:unwrapped': union,
  'union:wrapped': union,
  record: (walk, type, depth) => {
    for (const { type: field } of (type as types.RecordType).fields) walk.value(field, depth);
  },
};
