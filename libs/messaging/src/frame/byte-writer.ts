/** Bytes of UTF-8 that a UTF-16 unit takes. */
const longestCharacter = 3;

/** Appends little-endian values to a buffer that grows. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(4_096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Begins anew, in the memory that it has. */
  clear(): void {
    this.#length = 0;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#buffer.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16LE(value, at);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  /** Length in bytes (u16), then UTF-8. */
  text(value: string): void {
    const at = this.#reserve(2);
    const start = this.#reserve(value.length * longestCharacter);
    const length = this.#buffer.write(value, start);
    this.#buffer.writeUInt16LE(length, at);
    this.#length = start + length;
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  /** A section: its type, its length in bytes, and what `write` appends. A reader can step over one it does not know. */
  section(type: number, write: () => void): void {
    this.u8(type);
    const lengthAt = this.#reserve(4);
    write();
    this.#buffer.writeUInt32LE(this.#length - lengthAt - 4, lengthAt);
  }

  /** What was written; good until something else is. */
  done(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
    }
    return at;
  }
}
