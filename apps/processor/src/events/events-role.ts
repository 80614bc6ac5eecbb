import {
  FrameCollector,
  readFrameColumns,
  RecordFormatError,
  type DeadLetters,
  type FramePart,
  type LogEntry,
  type LogHandler,
  type PartitionSession,
} from '@haproxystats/messaging';
import { isWatched, type HaproxyEvent } from '@haproxystats/metrics';
import { LastTold, type Logger } from '@haproxystats/runtime';
import type { EventLog } from './event-log';
import type { EventTopic } from './event-topic';
import { PartitionWatch } from './partition-watch';

export interface EventsRolePorts {
  /** In slots: how long something must be so until it counts. */
  readonly debounce: number;
  /** For how long at least nothing must be heard of a node until it has left, ms. */
  readonly absentMs: number;
  /** Absent where there is no Kafka. */
  readonly topic?: Pick<EventTopic, 'write'> | undefined;
  readonly log: Pick<EventLog, 'tell'>;
  readonly logger: Logger;
  readonly deadLetters?: Pick<DeadLetters, 'bury'>;
  /** After the topic, if there is one, has an event. */
  readonly onEvent?: (event: HaproxyEvent) => void;
  readonly onUnreadable?: () => void;
  /** A frame of several records that will not be whole any more. */
  readonly onLetGo?: () => void;
  /** A frame of a node for which there is no room. */
  readonly onUnwatched?: () => void;
}

interface Held {
  readonly watch: PartitionWatch;
  readonly collector: FrameCollector;
}

/** Reads the frames of nodes, and tells what has happened to them: in a topic that everybody may read, and in the log. */
export class EventsRole implements LogHandler {
  readonly #held = new WeakMap<PartitionSession, Held>();
  readonly #crowded = new LastTold();

  constructor(private readonly ports: EventsRolePorts) {}

  /** Of a record that was passed before all has been told. */
  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    const { watch, collector } = this.#heldBy(session);
    const part = await this.#read(entry, session.signal);
    const events = watch.see(entry, part && collector.add(part, entry));
    if (!entry.priming) await this.#tell(events, session.signal);
  }

  async tick(session: PartitionSession): Promise<void> {
    const { watch, collector } = this.#heldBy(session);
    const now = session.now();
    collector.age(now);
    await this.#tell(watch.expire(now), session.signal);
    await session.commit(watch.position(collector.heldFrom));
  }

  async #tell(events: readonly HaproxyEvent[], signal: AbortSignal): Promise<void> {
    await this.ports.topic?.write(events, signal);
    for (const event of events) {
      this.ports.log.tell(event);
      this.ports.onEvent?.(event);
    }
  }

  async #read(entry: LogEntry, signal: AbortSignal): Promise<FramePart | undefined> {
    try {
      return readFrameColumns(entry, isWatched);
    } catch (err) {
      if (!(err instanceof RecordFormatError)) throw err;
      if (!entry.priming) await this.#putAside(entry, err, signal);
      return undefined;
    }
  }

  async #putAside(entry: LogEntry, err: RecordFormatError, signal: AbortSignal): Promise<void> {
    const { topic, partition, offset } = entry;
    const fate = await this.ports.deadLetters?.bury({ entry, reason: 'frame', error: err }, signal);
    this.ports.logger[fate === 'suppressed' ? 'debug' : 'error'](
      { err, topic, partition, offset },
      'events: a frame that cannot be read is passed over',
    );
    this.ports.onUnreadable?.();
  }

  #heldBy(session: PartitionSession): Held {
    let held = this.#held.get(session);
    if (!held) {
      const { debounce, absentMs, onLetGo } = this.ports;
      const onUnwatched = (): void => this.#unwatched(session);
      held = {
        watch: new PartitionWatch({ debounce, absentMs, onUnwatched }),
        collector: new FrameCollector({ onLetGo }),
      };
      this.#held.set(session, held);
    }
    return held;
  }

  #unwatched({ topic, partition }: PartitionSession): void {
    this.ports.onUnwatched?.();
    if (!this.#crowded.isNews(`${topic} ${partition}`, 'crowded')) return;
    this.ports.logger.warn(
      { topic, partition },
      'events: more nodes than can be watched; what happens to the others is not told',
    );
  }
}
