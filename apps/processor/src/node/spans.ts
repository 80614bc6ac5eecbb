/** Where the records of a snapshot lie. */
interface Span {
  readonly first: number;
  last: number;
}

/**
 * Snapshots with a record behind the watermark: that is read again as news by whoever takes over, and so the snapshot is emitted again, if
 * nobody remembers that it was. He must find all of it.
 */
export class Spans {
  readonly #spans = new Map<string, Span>();

  /** A record of a snapshot, that began at `first`. */
  add(name: string, first: number, offset: number): void {
    const span = this.#spans.get(name) ?? { first, last: offset };
    span.last = Math.max(span.last, offset);
    this.#spans.set(name, span);
  }

  /** Where the first of them begins; the watermark where there is none. Forgets the others: the watermark does not move back. */
  base(watermark: number): number {
    let base = watermark;
    for (const [name, { first, last }] of this.#spans) {
      if (last < watermark) this.#spans.delete(name);
      else base = Math.min(base, first);
    }
    return base;
  }
}
