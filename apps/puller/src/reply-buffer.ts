/** Bytes that all replies of one poll may take together. */
export class Allowance {
  constructor(private left: number) {}

  take(bytes: number): boolean {
    this.left -= bytes;
    return this.left >= 0;
  }
}

const firstCapacity = 65_536;
/** A buffer so many times larger than the last reply is given back. */
const waste = 4;

/**
 * The replies of one process, one after the other: the socket writes straight into it, and the next reply is written
 * over the last, so that polling leaves no garbage. Grows by doubling, to less than twice the limit.
 */
export class ReplyBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #allowance = new Allowance(0);

  /** `maxBytes`: the largest reply. */
  constructor(readonly maxBytes: number) {}

  get length(): number {
    return this.#length;
  }

  /** What arrived so far: a view, valid until the next `begin`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets the last reply. */
  begin(allowance: Allowance): void {
    const needed = Math.max(firstCapacity, this.#length);
    const capacity = this.#bytes.length;
    if (capacity < needed || capacity > waste * needed) this.#bytes = Buffer.allocUnsafeSlow(needed);
    this.#length = 0;
    this.#allowance = allowance;
  }

  /** Where the next bytes go; never empty. */
  space(): Buffer {
    if (this.#length === this.#bytes.length) this.#grow();
    return this.#bytes.subarray(this.#length);
  }

  /** Counts bytes written into `space`; false when a limit is passed: read no further. */
  filled(bytes: number): boolean {
    this.#length += bytes;
    return this.#length <= this.maxBytes && this.#allowance.take(bytes);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}
