import type Redis from 'ioredis';
import type { Clock } from '@haproxystats/runtime';
import type { Coordinator, Question, SlotKey } from '../../apps/processor/src/coordinator/coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';

/** A ledger that all processors share, and that can lose what it knows. */
export interface SharedLedger extends Coordinator {
  /** Empties it for another seed. */
  begin(clock: Clock): Promise<void>;
  flush(): Promise<void>;
  /** Keeps what it knows now for `rollBack`. */
  takeImage(): Promise<void>;
  /** A replica that had not heard of the last writes takes over. Answers false where there is no image. */
  rollBack(): Promise<boolean>;
}

/** The shipped twin in memory in the part of Redis. An older image of it is what it was told until then. */
export class TwinLedger implements SharedLedger {
  #clock!: Clock;
  #twin!: MemoryCoordinator;
  #told: ((twin: MemoryCoordinator) => Promise<unknown>)[] = [];
  #image: number | undefined;

  begin(clock: Clock): Promise<void> {
    this.#clock = clock;
    this.#image = undefined;
    return this.flush();
  }

  decide(question: Question) {
    this.#told.push((twin) => twin.decide(question));
    return this.#twin.decide(question);
  }

  done(key: SlotKey, members: readonly string[]): Promise<void> {
    this.#told.push((twin) => twin.done(key, members));
    return this.#twin.done(key, members);
  }

  flush(): Promise<void> {
    this.#told = [];
    this.#twin = new MemoryCoordinator(this.#clock);
    if (this.#image !== undefined) this.#image = 0;
    return Promise.resolve();
  }

  takeImage(): Promise<void> {
    this.#image = this.#told.length;
    return Promise.resolve();
  }

  async rollBack(): Promise<boolean> {
    if (this.#image === undefined) return false;
    this.#told = this.#told.slice(0, this.#image);
    this.#image = undefined;
    this.#twin = new MemoryCoordinator(this.#clock);
    for (const tell of this.#told) await tell(this.#twin);
    return true;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A real Redis that nobody else uses. */
export class RedisLedger implements SharedLedger {
  #image: readonly (readonly [key: string, value: Buffer])[] | undefined;

  constructor(
    private readonly shipped: Coordinator,
    private readonly redis: Redis,
  ) {}

  async begin(): Promise<void> {
    this.#image = undefined;
    await this.flush();
  }

  decide(question: Question) {
    return this.shipped.decide(question);
  }

  done(key: SlotKey, members: readonly string[]): Promise<void> {
    return this.shipped.done(key, members);
  }

  async flush(): Promise<void> {
    await this.redis.flushall();
  }

  async takeImage(): Promise<void> {
    const keys = await this.redis.keys('*');
    this.#image = await Promise.all(
      keys.map(async (key) => [key, await this.redis.dumpBuffer(key)] as const),
    );
  }

  async rollBack(): Promise<boolean> {
    if (this.#image === undefined) return false;
    await this.redis.flushall();
    for (const [key, value] of this.#image) await this.redis.restore(key, 15 * 60_000, value);
    this.#image = undefined;
    return true;
  }

  async close(): Promise<void> {
    await this.shipped.close();
    this.redis.disconnect();
  }
}
