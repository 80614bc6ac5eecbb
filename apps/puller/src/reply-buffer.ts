/** Bytes that all replies of one poll may take together. */
export class Allowance {
  constructor(private left: number) {}

  take(bytes: number): boolean {
    this.left -= bytes;
    return this.left >= 0;
  }
}

export interface ReplyLimits {
  /** Largest reply of one process, in bytes. */
  readonly maxReplyBytes: number;
  /** Shared by all replies of a poll. */
  readonly allowance: Allowance;
  /** Length of the last reply: a good guess saves growing. */
  readonly expectedBytes?: number | undefined;
}

const firstCapacity = 65_536;

/** One reply as it arrives: the socket writes straight into it. Grows by doubling, never much beyond the limit. */
export class ReplyBuffer {
  #bytes: Buffer;
  #length = 0;

  constructor(private readonly limits: ReplyLimits) {
    const expected = (limits.expectedBytes ?? 0) * 1.05;
    this.#bytes = Buffer.allocUnsafeSlow(Math.ceil(Math.max(firstCapacity, expected)));
  }

  get length(): number {
    return this.#length;
  }

  /** What arrived so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Where the next bytes go; never empty. */
  space(): Buffer {
    if (this.#length === this.#bytes.length) this.#grow();
    return this.#bytes.subarray(this.#length);
  }

  /** Counts bytes written into `space`; false when a limit is passed: read no further. */
  filled(bytes: number): boolean {
    this.#length += bytes;
    return this.#length <= this.limits.maxReplyBytes && this.limits.allowance.take(bytes);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger);
    this.#bytes = larger;
  }
}
