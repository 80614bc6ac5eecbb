import { pathSegment } from './graphite-names';

/** Names come from HAProxy, the same at every poll. */
const maxNames = 200_000;

/** Remembers which segment of a path a name becomes, and which segments several names become. */
export class SegmentCache {
  readonly #segments = new Map<string, string>();
  /** The first name of each segment. */
  readonly #names = new Map<string, string>();
  readonly #shared = new Set<string>();

  constructor(private readonly size = maxNames) {}

  /** Before a frame: beyond the bound it starts anew, but not in between, so that no shared segment is overlooked. */
  trim(): void {
    if (this.#segments.size <= this.size) return;
    this.#segments.clear();
    this.#names.clear();
    this.#shared.clear();
  }

  segmentOf(name: string): string {
    const known = this.#segments.get(name);
    if (known !== undefined) return known;
    const segment = pathSegment(name);
    this.#segments.set(name, segment);
    if (this.#names.has(segment)) this.#shared.add(segment);
    else this.#names.set(segment, name);
    return segment;
  }

  /** Whether more than one of the remembered names becomes this segment. */
  isShared(segment: string): boolean {
    return this.#shared.has(segment);
  }
}
