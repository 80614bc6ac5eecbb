import { ProcessMerger } from '@haproxystats/metrics';
import { DeadLetters, type LogRecord, type LogWriter } from '@haproxystats/messaging';
import { silentLogger, type Clock } from '@haproxystats/runtime';
import type { Coordinator, Question, SlotKey } from '../../apps/processor/src/coordinator/coordinator';
import { FallbackCoordinator } from '../../apps/processor/src/coordinator/fallback.coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import type { Owner, Session } from './session';

/** What a processor needs of the world around it. */
export interface ProcessorWorld {
  readonly clock: Clock;
  /** Redis as this processor sees it; undefined: it has none. */
  readonly shared: Coordinator | undefined;
  /** An await of the processor: it may be held up here, or die. */
  point(processor: Processor): Promise<void>;
  emit(records: readonly LogRecord[]): void;
  /** Takes dead letters. */
  bury(letters: readonly LogRecord[]): void;
}

/** It works at one frame at a time, so all processors share it. */
const merger = new ProcessMerger({ semantics: 'exact', now: () => 0, seed: 1 });

/** A processor's process: the shipped role with its ports, of which each call begins and ends at a point. */
export class Processor implements Owner {
  readonly role: NodeRole;
  readonly sessions: Session[] = [];
  isDead = false;
  /** Told to stop. */
  isClosing = false;

  constructor(private readonly world: ProcessorWorld) {
    this.role = new NodeRole({
      merging: { merger },
      coordinator: this.#ledger(),
      frames: this.#log((records) => this.world.emit(records)),
      deadLetters: this.#deadLetters(),
      framesTopic: 'frames',
      logger: silentLogger,
    });
  }

  async within<T>(call: () => T | Promise<T>): Promise<T> {
    await this.world.point(this);
    const answer = await call();
    await this.world.point(this);
    return answer;
  }

  #ledger(): Coordinator {
    const { clock, shared } = this.world;
    const twin = new MemoryCoordinator(clock);
    const shipped = shared ? new FallbackCoordinator(shared, twin, { clock, logger: silentLogger }) : twin;
    return {
      decide: (question: Question) => this.within(() => shipped.decide(question)),
      done: (key: SlotKey, members: readonly string[]) => this.within(() => shipped.done(key, members)),
      close: () => shipped.close(),
    };
  }

  /** The queue takes every letter, if it takes its time. */
  #deadLetters(): DeadLetters {
    const sleep = (): Promise<void> => new Promise(() => undefined);
    return new DeadLetters({
      log: this.#log((letters) => this.world.bury(letters)),
      topic: 'dlq',
      reader: 'model',
      rate: { perNode: 1_000, overall: 1_000, nodes: 1_000 },
      clock: { ...this.world.clock, sleep },
      logger: silentLogger,
    });
  }

  #log(take: (records: readonly LogRecord[]) => void): LogWriter {
    return {
      append: (_topic, records, signal) =>
        this.within(() => {
          signal?.throwIfAborted();
          take(records);
        }),
      close: () => Promise.resolve(),
    };
  }
}
