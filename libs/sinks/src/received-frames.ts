import { FrameCollector, readFrameStub, type FramePart, type LogEntry } from '@haproxystats/messaging';
import type { Frame } from '@haproxystats/metrics';

/** A part of a frame, with the record it was read from. */
export interface Received extends FramePart {
  readonly entry: LogEntry;
}

/** What of a partition can be handed to a sink. */
export interface ReceivedFrames {
  /**
   * The records that can be handed over now that this one is there: it alone, or those of all parts of its frame when it is the last of
   * them; else none. Throws RecordFormatError.
   */
  add(entry: LogEntry): readonly LogEntry[];
  /** Where reading must begin again to have all of what is not handed over yet; undefined: nothing is kept. */
  readonly heldFrom: number | undefined;
  /** `now`: log time, ms. */
  age(now: number): void;
}

/** For a sink to which each part is a frame of its own. */
export class SingleParts implements ReceivedFrames {
  readonly heldFrom = undefined;

  add(entry: LogEntry): readonly LogEntry[] {
    return [entry];
  }

  age(): void {}
}

/** What the records of frames that are not whole may take, per partition: some 500,000 rows. */
const maxBytes = 64 * 1024 * 1024;
/** What a record takes beside its value. */
const entryBytes = 2_048;

/** For a sink that wants whole frames. Until one is whole its parts stay compressed. */
export class WholeFrames implements ReceivedFrames {
  readonly #collector: FrameCollector<Received>;

  constructor(onLetGo: (frame: Frame) => void) {
    const bytesOf = ({ entry }: Received): number => entryBytes + entry.value.length;
    this.#collector = new FrameCollector({ maxBytes, bytesOf, onLetGo });
  }

  get heldFrom(): number | undefined {
    return this.#collector.heldFrom;
  }

  add(entry: LogEntry): readonly LogEntry[] {
    const whole = this.#collector.add({ ...readFrameStub(entry), entry }, entry);
    return whole?.parts.map((part) => part.entry) ?? [];
  }

  age(now: number): void {
    this.#collector.age(now);
  }
}
