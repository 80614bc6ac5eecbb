/** Offsets of a directory log: `entry * 2^20 + index`, so they stay exact for 2^33 entries. */
const recordsPerEntry = 2 ** 20;
export const entryLimit = 2 ** 33;

export function offsetOf(entry: number, index: number): number {
  return entry * recordsPerEntry + index;
}

/** The first entry that is not wholly below `offset`. */
export function entryAt(offset: number): number {
  return Math.floor(offset / recordsPerEntry);
}

/** The first entry that lies wholly at or above `offset`. */
export function entryFrom(offset: number): number {
  return Math.ceil(offset / recordsPerEntry);
}

export function indexOf(offset: number): number {
  return offset % recordsPerEntry;
}

/** Whether a record is the last one of its append: `next` leads to another entry then. */
export function endsEntry({ next }: { readonly next: number }): boolean {
  return indexOf(next) === 0;
}
