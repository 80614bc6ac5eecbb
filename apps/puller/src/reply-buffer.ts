/** Bytes that all replies of one poll may take together. */
export class Allowance {
  constructor(private left: number) {}

  take(bytes: number): boolean {
    this.left -= bytes;
    return this.left >= 0;
  }
}

const firstCapacity = 65_536;
/** Room for a reply that is a little larger than the last ones. */
const slack = 1 / 8;
/** A buffer so many times larger than what is needed is given back. */
const waste = 1.25;
/** How fast a large reply is forgotten, from reply to reply: sizes that go up and down must not cost a new buffer each time. */
const memory = 0.75;

/**
 * The replies of one process, one after the other: the socket writes straight into it, and the next reply is written
 * over the last, so that polling leaves no garbage. Grows by doubling, to less than twice the limit, and is then cut to size.
 */
export class ReplyBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;
  /** The size of the last replies. */
  #usual = 0;
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
    this.#usual = Math.max(this.#length, this.#usual * memory);
    const needed = Math.max(firstCapacity, Math.ceil(this.#usual * (1 + slack)));
    const capacity = this.#bytes.length;
    if (capacity === 0 || capacity > waste * needed) this.#bytes = Buffer.allocUnsafeSlow(needed);
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
