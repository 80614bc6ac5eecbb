import {
  awaitSchema,
  topicName,
  topicOfScope,
  type FramePart,
  type LogRecord,
  type LogWriter,
  type RecordEncoder,
} from '@haproxystats/messaging';
import { Turns, type Clock, type Logger } from '@haproxystats/runtime';
import type { FinishConfig } from '../frame-finisher';
import { OtherSemantics } from '../graphite/other-semantics';
import { madeOf, UnfitFrameError, type Delivery, type Sink } from '../sink';
import { KafkaRecords } from './kafka-records';
import { Outbox } from './outbox';

export interface KafkaSinkConfig {
  readonly finish: FinishConfig;
  /** Before the topics' names. */
  readonly topicPrefix: string;
}

export interface KafkaSinkPorts {
  readonly encoder: RecordEncoder;
  /** Its maker closes it. */
  readonly writer: LogWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A try to get what values are made by, from the schema registry. */
  readonly onFailure?: (() => void) | undefined;
  /** Records that Kafka has, all of one topic. */
  readonly onTaken?: ((records: readonly LogRecord[]) => void) | undefined;
  /** A proxy that took several records. */
  readonly onSplit?: (() => void) | undefined;
  /** A frame that is merged with other semantics than `finish` is written for. */
  readonly onOtherSemantics?: (() => void) | undefined;
}

/** Writes frames as records that everybody may read: one per proxy and slot. */
export class KafkaSink implements Sink {
  readonly name = 'kafka';
  readonly wholeFrames = true as const;
  readonly #records: KafkaRecords;
  readonly #other: OtherSemantics;
  /** By scope, which is by topic: slots of one key stay in order, and values of one frame at a time take memory. */
  readonly #turns = { node: new Turns(), cluster: new Turns() };

  constructor(
    private readonly config: KafkaSinkConfig,
    private readonly ports: KafkaSinkPorts,
  ) {
    this.#records = new KafkaRecords(config.finish, ports.encoder, ports);
    this.#other = new OtherSemantics(config.finish.semantics, ports.logger);
  }

  /** Resolves when the brokers have all records, with acks=all. */
  deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    const scope = parts[0]?.frame.head.scope ?? 'node';
    return this.#turns[scope].take(signal, () => this.#deliver(parts, signal));
  }

  /** Resolves when nothing is being sent. */
  async close(): Promise<void> {
    await Promise.all([this.#turns.node.idle(), this.#turns.cluster.idle()]);
  }

  async #deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    const metrics = parts.map(() => 0);
    const unfit = new Map<number, UnfitFrameError>();
    const outbox = new Outbox(this.ports, signal);
    for (const { first, frame } of wholeFrames(parts)) {
      try {
        metrics[first] = await this.#put(frame, outbox, signal);
      } catch (error) {
        if (!(error instanceof UnfitFrameError)) throw error;
        for (const i of frame.keys()) unfit.set(first + i, error);
      }
    }
    await outbox.flush();
    return { metrics, unfit };
  }

  /** Answers how many numbers the frame is. */
  async #put(frame: readonly FramePart[], outbox: Outbox, signal: AbortSignal): Promise<number> {
    const [first] = frame;
    const { head } = first!.frame;
    const topic = topicOfScope(head.scope);
    if (this.#other.has(head)) this.ports.onOtherSemantics?.();
    await awaitSchema(topic, { name: this.name, ...this.ports }, signal);
    let count = 0;
    for (const { records, metrics } of madeOf(first!, this.#records.of(frame))) {
      if (records.length > 1) this.ports.onSplit?.();
      for (const record of records) await outbox.put(topicName(this.config.topicPrefix, topic), record);
      count += metrics;
    }
    return count;
  }
}

/** Frames as the feed hands them over: all parts of one, then those of the next. */
function* wholeFrames(
  parts: readonly FramePart[],
): Generator<{ readonly first: number; readonly frame: readonly FramePart[] }> {
  for (let first = 0; first < parts.length;) {
    const frame = parts.slice(first, first + Math.max(1, parts[first]!.parts));
    if (frame.some(({ part }, i) => part !== i) || frame.length < frame[0]!.parts)
      throw new Error('the parts of a frame must come together and in their order');
    yield { first, frame };
    first += frame.length;
  }
}
