const firstBytes = 65_536;
/** Names come from the log: beyond so many they are forgotten, and encoded again. */
const namesKept = 10_000;
const maxLong = 2 ** 52;
/** A varint of a double's whole numbers takes at most this. */
const maxLongBytes = 10;

/** Writes Avro's binary encoding, value behind value, into memory of its own that grows. */
export class AvroWriter {
  #buffer = Buffer.allocUnsafe(firstBytes);
  #at = 0;
  readonly #names = new Map<string, Buffer>();

  /** Begins anew, behind so many bytes that are left for a header. */
  begin(headerLength: number): void {
    this.#at = headerLength;
  }

  /** A copy of all since `begin`. */
  done(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  /** An int or long. Throws RangeError for what is no whole number, or beyond those of which a double can hold the double. */
  long(value: number): void {
    if (!(Number.isInteger(value) && Math.abs(value) <= maxLong)) throw new RangeError(`${value} is no long`);
    this.#room(maxLongBytes);
    // Zigzag: the sign is the last bit.
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at++] = rest;
  }

  boolean(value: boolean): void {
    this.#room(1);
    this.#buffer[this.#at++] = value ? 1 : 0;
  }

  string(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.long(bytes);
    this.#room(bytes);
    this.#at += this.#buffer.write(text, this.#at);
  }

  /** A map of doubles. Numbers that are not finite are left out. */
  doubles(numbers: ReadonlyMap<string, number>): void {
    const { size } = numbers;
    const from = this.#at;
    let written = 0;
    if (size > 0) this.long(size);
    numbers.forEach((value, name) => {
      if (!Number.isFinite(value)) return;
      this.#entry(value, name);
      written++;
    });
    if (written === size) {
      this.long(0);
      return;
    }
    this.#at = from;
    this.doubles(new Map([...numbers].filter(([, value]) => Number.isFinite(value))));
  }

  array<Item>(items: readonly Item[], write: (item: Item) => void): void {
    if (items.length > 0) {
      this.long(items.length);
      for (const item of items) write(item);
    }
    this.long(0);
  }

  #entry(value: number, name: string): void {
    const key = this.#names.get(name) ?? this.#encoded(name);
    this.#room(key.length + 8);
    this.#buffer.set(key, this.#at);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at + key.length);
  }

  /** The name as a string of Avro's, kept. */
  #encoded(name: string): Buffer {
    const from = this.#at;
    this.string(name);
    const key = Buffer.from(this.#buffer.subarray(from, this.#at));
    this.#at = from;
    if (this.#names.size >= namesKept) this.#names.clear();
    this.#names.set(name, key);
    return key;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
