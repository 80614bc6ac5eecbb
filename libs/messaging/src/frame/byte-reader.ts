import { RecordFormatError } from '../record-headers';

/** Reads what ByteWriter wrote. Throws RecordFormatError where the bytes end too early. */
export class ByteReader {
  #at = 0;

  constructor(private readonly buffer: Buffer) {}

  get atEnd(): boolean {
    return this.#at >= this.buffer.length;
  }

  u8(): number {
    return this.buffer.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.buffer.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.#take(4));
  }

  text(): string {
    const length = this.u16();
    const at = this.#take(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.buffer.subarray(at, at + length);
  }

  /** All that is left. */
  rest(): Buffer {
    return this.bytes(this.buffer.length - this.#at);
  }

  /** A section's type, and a reader of its bytes alone. */
  section(): { type: number; body: ByteReader } {
    const type = this.u8();
    return { type, body: new ByteReader(this.bytes(this.u32())) };
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (bytes > this.buffer.length - at) {
      throw new RecordFormatError(
        `frame: ${bytes} bytes wanted at ${at}, ${this.buffer.length - at} are left`,
      );
    }
    this.#at += bytes;
    return at;
  }
}
