import { shardSuffix, type Frame } from '@haproxystats/metrics';
import type { LogEntry } from '../log';
import type { FramePart } from './frame-record';

/** All parts of one frame, in their order. */
export interface WholeFrame<Part extends FramePart = FramePart> {
  readonly parts: readonly Part[];
  /** Of the first of its records: where reading must start again to have all of it. */
  readonly offset: number;
  /** Log time of that record, ms. */
  readonly appendedAt: number;
}

export interface FrameCollectorOptions<Part extends FramePart = FramePart> {
  /** What the parts of frames that are not whole may take. */
  readonly maxBytes?: number;
  /** What a part takes in memory; roughly that of its numbers and names unless given. */
  readonly bytesOf?: (part: Part) => number;
  /** Told of each frame that is let go of because it will not be whole any more. */
  readonly onLetGo?: ((frame: Frame) => void) | undefined;
}

/** A frame some parts of which are here. */
interface Incomplete<Part> {
  readonly frame: Frame;
  readonly slot: string;
  readonly parts: (Part | undefined)[];
  readonly offset: number;
  readonly appendedAt: number;
  arrived: number;
  bytes: number;
}

const defaultMaxBytes = 128 * 1024 * 1024;
/** Log time, ms, after its first part. All are written in one call, that waits while brokers are away: between two of its parts too. */
const patienceMs = 15 * 60_000;
/** Emissions of which nothing is wanted any more are remembered, so that what still comes of them holds nobody up. */
const endedKept = 4_096;
/** What a part takes beside its numbers: a row's names, a column's objects, and the rest. */
const rowBytes = 32;
const columnBytes = 256;
const partBytes = 1_024;

/**
 * Puts the parts of frames together, of one partition: they lie there in one piece, but those of several writers may be mixed, or a writer
 * ended in the middle, and any part may come again. A frame is made of the parts of one emission only, even where two cover as much. One in
 * one part is whole at once, each time it comes.
 */
export class FrameCollector<Part extends FramePart = FramePart> {
  /** In the order of their first parts. */
  readonly #incomplete = new Map<string, Incomplete<Part>>();
  /** Emissions that became whole, or were superseded; the last one at the end. */
  readonly #ended = new Set<string>();
  readonly #maxBytes: number;
  readonly #bytesOf: (part: Part) => number;
  readonly #onLetGo: (frame: Frame) => void;
  #bytes = 0;

  constructor(options: FrameCollectorOptions<Part> = {}) {
    const { maxBytes = defaultMaxBytes, bytesOf = bytesOfPart, onLetGo = () => undefined } = options;
    this.#maxBytes = maxBytes;
    this.#bytesOf = bytesOf;
    this.#onLetGo = onLetGo;
  }

  /** What the parts of frames that are not whole take in memory, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The smallest offset of what is still incomplete: a watermark stays there. undefined: nothing is. */
  get heldFrom(): number | undefined {
    const [oldest] = this.#incomplete.values();
    return oldest?.offset;
  }

  /** Takes a part; answers the frame that it makes whole. */
  add(part: Part, at: Pick<LogEntry, 'offset' | 'appendedAt'>): WholeFrame<Part> | undefined {
    this.age(at.appendedAt);
    if (part.parts <= 1) return this.#pass({ parts: [part], offset: at.offset, appendedAt: at.appendedAt });
    const key = keyOf(part);
    if (this.#ended.has(key)) return undefined;
    const frame = this.#keep(key, part, at);
    if (frame.arrived < part.parts) {
      this.#relieve();
      return undefined;
    }
    this.#drop(key, frame);
    this.#end(key);
    const { offset, appendedAt } = frame;
    return this.#pass({ parts: frame.parts.filter((each) => each !== undefined), offset, appendedAt });
  }

  /** Lets go of frames whose other parts should have come long ago; `now`: log time, ms. */
  age(now: number): void {
    for (const [key, frame] of this.#incomplete) {
      if (now - frame.appendedAt < patienceMs) return;
      this.#letGo(key, frame);
    }
  }

  #keep(key: string, part: Part, at: Pick<LogEntry, 'offset' | 'appendedAt'>): Incomplete<Part> {
    const frame = this.#incomplete.get(key) ?? newFrame(part, at);
    this.#incomplete.set(key, frame);
    if (frame.parts[part.part] === undefined) {
      const bytes = this.#bytesOf(part);
      frame.parts[part.part] = part;
      frame.arrived++;
      frame.bytes += bytes;
      this.#bytes += bytes;
    }
    return frame;
  }

  /** What is here of the same slot with no higher coverage is of no use any more. */
  #pass(whole: WholeFrame<Part>): WholeFrame<Part> {
    if (this.#incomplete.size === 0) return whole;
    const { head } = whole.parts[0]!.frame;
    const slot = slotOf(head);
    for (const [key, frame] of this.#incomplete) {
      const { covered } = frame.frame.head.coverage;
      if (frame.slot !== slot || covered > head.coverage.covered) continue;
      this.#letGo(key, frame);
      this.#end(key);
    }
    return whole;
  }

  #end(key: string): void {
    this.#ended.add(key);
    const [oldest] = this.#ended;
    if (this.#ended.size > endedKept) this.#ended.delete(oldest!);
  }

  #relieve(): void {
    for (const [key, frame] of this.#incomplete) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#letGo(key, frame);
    }
  }

  #letGo(key: string, frame: Incomplete<Part>): void {
    this.#drop(key, frame);
    this.#onLetGo(frame.frame);
  }

  #drop(key: string, { bytes }: Incomplete<Part>): void {
    this.#incomplete.delete(key);
    this.#bytes -= bytes;
  }
}

function newFrame<Part extends FramePart>(
  { parts, frame }: Part,
  { offset, appendedAt }: Pick<LogEntry, 'offset' | 'appendedAt'>,
): Incomplete<Part> {
  const slot = slotOf(frame.head);
  return {
    frame,
    slot,
    parts: new Array<undefined>(parts).fill(undefined),
    offset,
    appendedAt,
    arrived: 0,
    bytes: 0,
  };
}

function keyOf({ parts, emission = '', frame: { head } }: FramePart): string {
  const { covered, expected } = head.coverage;
  return `${slotOf(head)} ${covered}/${expected} ${parts} ${emission}`;
}

function slotOf(head: Frame['head']): string {
  const { scope, cluster, node, slot } = head;
  return `${scope} ${cluster}/${node}${shardSuffix(head)} ${slot}`;
}

function bytesOfPart({ frame: { head, tables } }: FramePart): number {
  let bytes = partBytes + (head.missing.length + (head.processes?.length ?? 0)) * columnBytes;
  for (const { proxies, columns, texts } of tables) {
    bytes += proxies.length * rowBytes;
    for (const { values, present } of columns) bytes += columnBytes + values.byteLength + present.byteLength;
    for (const { words, codes } of texts) bytes += columnBytes + words.length * rowBytes + codes.byteLength;
  }
  return bytes;
}
