import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The wall clock of a node, as its puller sees it: may be set ahead or back while it runs. */
export class NodeClock {
  readonly file: string;
  #aheadMs = 0;

  constructor(directory: string) {
    this.file = join(directory, 'clock');
    this.set(0);
  }

  /** By how much it is ahead of the time, ms. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  set(aheadMs: number): void {
    const draft = `${this.file}.tmp`;
    writeFileSync(draft, String(aheadMs));
    renameSync(draft, this.file);
    this.#aheadMs = aheadMs;
  }
}
