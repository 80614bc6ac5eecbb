/** Of the blocks that lines are written into, but for a line that is longer. */
export const blockBytes = 64 * 1024;
/** As many as a batch of the default size has. */
const maxFree = 128;

/** Blocks that were sent are written into again: fresh memory is a third of what a line costs. */
export class BlockPool {
  readonly #free: Buffer[] = [];

  /** A block with room for so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    if (bytes > blockBytes) return Buffer.allocUnsafeSlow(bytes);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  /** For blocks, or what of them was filled, that nobody reads any more. */
  give(blocks: readonly Buffer[]): void {
    for (const { buffer } of blocks) {
      if (this.#free.length >= maxFree) return;
      if (buffer.byteLength === blockBytes) this.#free.push(Buffer.from(buffer));
    }
  }
}
