import type { FramePart } from '@haproxystats/messaging';
import { slotName } from '../coverage-filter';
import { noWork, type Work } from './own-metrics';

interface Collection {
  readonly seen: Set<number>;
  readonly work: Work;
}

/** Frames of which some parts have come and some not; beyond this many the oldest is given up. */
const maxCollections = 1_000;

/** Adds up the work on the parts of a frame, in whatever order they come. */
export class FrameWork {
  /** The latest last. */
  readonly #collections = new Map<string, Collection>();

  constructor(private readonly size = maxCollections) {}

  /** The work on the whole frame with its last part; nothing as long as parts were not seen here. */
  add(framePart: FramePart, work: Work): Work | undefined {
    const { part, parts } = framePart;
    if (parts === 1) return work;
    const key = keyOf(framePart);
    const found = this.#collections.get(key);
    this.#collections.delete(key);
    // A part that comes again belongs to another delivery of the frame.
    const collection = found && !found.seen.has(part) ? found : { seen: new Set<number>(), work: noWork() };
    collection.seen.add(part);
    addTo(collection.work, work);
    if (collection.seen.size === parts) return collection.work;
    this.#keep(key, collection);
    return undefined;
  }

  #keep(key: string, collection: Collection): void {
    this.#collections.set(key, collection);
    const [oldest] = this.#collections.keys();
    if (this.#collections.size > this.size) this.#collections.delete(oldest!);
  }
}

/** Parts with the same key were cut from the same rows. */
function keyOf({ parts, frame: { head } }: FramePart): string {
  return `${slotName(head)} ${parts} ${JSON.stringify([head.coverage, head.missing])}`;
}

function addTo(sum: Work, work: Work): void {
  for (const [i, { ran, lines, ms }] of work.entries()) {
    const group = sum[i]!;
    group.ran ||= ran;
    group.lines += lines;
    group.ms += ms;
  }
}
