import type { LogRecord } from '@haproxystats/messaging';
import type { Clock } from '@haproxystats/runtime';
import type { Coordinator } from '../../apps/processor/src/coordinator/coordinator';
import { Crash } from './crash';
import { Partition } from './group';
import { Oracle } from './oracle';
import { Processor, type ProcessorWorld } from './processor';
import { poisoned } from './poison';
import { arrivals, type Arriving } from './pullers';
import type { Random } from './random';
import { beginning, scenarioOf, type Scenario } from './scenario';
import { Session } from './session';
import type { SharedLedger } from './shared-ledger';
import { Tally } from './tally';

/** Refused, or answered too late to be heard. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** A processor that was stopped, and does not know that its partitions are somebody else's. */
interface Zombie {
  readonly processor: Processor;
  stepsLeft: number;
}

/** Everything around the processors of one seed: the log, the group, Redis, and virtual time. */
export class World implements ProcessorWorld {
  readonly tally = new Tally();
  readonly scenario: Scenario;
  readonly partitions: readonly Partition[];
  readonly arriving: readonly Arriving[];
  readonly oracle: Oracle;
  readonly clock: Clock;
  processors: Processor[] = [];
  readonly zombies: Zombie[] = [];
  /** Calls that are held up at a point; each goes on when it is called. */
  readonly heldUp: (() => void)[] = [];
  isRedisAway = false;
  /** No fault happens any more: what is under way shall come to its end. */
  isCalm = false;
  /** The call in hand is over, or held up. */
  onRest: () => void = () => undefined;
  /** What the role threw though it had no reason to. */
  failure: Error | undefined;
  #time = beginning;
  #arrived = 0;

  constructor(
    readonly random: Random,
    /** Decides the hazards: a world without any draws nothing from it. */
    readonly aside: Random,
    private readonly ledger: SharedLedger,
  ) {
    this.scenario = scenarioOf(random, aside);
    const { embedded, partitions } = this.scenario;
    const stride = embedded ? 2 ** 20 : 1;
    this.partitions = Array.from({ length: partitions }, (_, number) => new Partition(number, stride));
    const sent = arrivals(this.scenario, random);
    this.arriving = this.scenario.poison ? poisoned(sent, aside) : sent;
    this.oracle = new Oracle(this.partitions, this.scenario);
    this.clock = {
      wall: () => this.#time,
      monotonic: () => this.#time - beginning,
      sleep: () => Promise.reject(new Error('nothing in the model sleeps')),
    };
  }

  get now(): number {
    return this.#time;
  }

  get hasArrived(): boolean {
    return this.#arrived >= this.arriving.length;
  }

  /** Of all partitions, in the hands of their owners. */
  get sessions(): readonly Session[] {
    return this.processors.flatMap(({ sessions }) => sessions);
  }

  get shared(): Coordinator | undefined {
    if (this.scenario.embedded) return undefined;
    return {
      decide: (question) => this.#ask(() => this.ledger.decide(question)),
      done: (key, members) => this.#ask(() => this.ledger.done(key, members)),
      close: () => Promise.resolve(),
    };
  }

  pass(ms: number): void {
    this.#time += ms;
  }

  /** The broker takes the next record. */
  arrive(): void {
    const next = this.arriving[this.#arrived++]!;
    this.#time = Math.max(this.#time, next.at);
    this.#partitionOf(next).append(next, this.#time);
    if (next.damage) this.tally.add('poison');
  }

  emit(records: readonly LogRecord[]): void {
    this.oracle.emitted(records, this.#time);
  }

  bury(letters: readonly LogRecord[]): void {
    this.oracle.buried(letters);
  }

  async point(processor: Processor): Promise<void> {
    const { random, scenario } = this;
    mustLive(processor);
    if (this.isCalm || scenario.faults === 'none') return;
    if (random.chance(0.01)) {
      // Whatever becomes of what is thrown.
      this.die(processor);
      throw new Crash();
    }
    if (!random.chance(0.03)) return;
    await new Promise<void>((goOn) => {
      this.heldUp.push(goOn);
      this.onRest();
    });
    mustLive(processor);
  }

  addProcessor(): void {
    this.processors.push(new Processor(this));
  }

  /** All partitions get an owner among those that are there; every session before ends, but for those of zombies. */
  rebalance(): void {
    const { random } = this;
    for (const { sessions } of this.processors) for (const session of sessions.splice(0)) session.end();
    for (const partition of this.partitions) {
      partition.generation++;
      const owner = random.pick(this.processors);
      this.oracle.handOver(partition, this.tally);
      owner.sessions.push(new Session(owner, partition, this.clock));
    }
  }

  die(processor: Processor): void {
    if (processor.isDead) return;
    this.tally.add('crashes');
    processor.isDead = true;
    processor.sessions.length = 0;
    const place = this.processors.indexOf(processor);
    if (place < 0) return;
    this.processors[place] = new Processor(this);
    this.rebalance();
  }

  /** One of them is told to stop. */
  close(): void {
    this.aside.pick(this.processors).isClosing = true;
  }

  /** It is told to stop, and has finished what was in hand, or taken too long for it; another one starts in its place. */
  leave(processor: Processor): void {
    this.tally.add('closes');
    for (const session of processor.sessions.splice(0)) session.end();
    this.processors[this.processors.indexOf(processor)] = new Processor(this);
    this.rebalance();
  }

  /** The group goes on without it; it is stopped, and will go on for a few steps as if nothing had happened. */
  makeZombie(): void {
    const [processor] = this.processors.splice(this.random.below(this.processors.length), 1);
    this.zombies.push({ processor: processor!, stepsLeft: 3 + this.random.below(10) });
    if (this.processors.length === 0) this.addProcessor();
    this.tally.add('zombies');
    this.rebalance();
  }

  /** It hears of the rebalance, and joins again. */
  wakeZombie(zombie: Zombie): void {
    this.zombies.splice(this.zombies.indexOf(zombie), 1);
    if (zombie.processor.isDead) return;
    this.processors.push(zombie.processor);
    this.rebalance();
  }

  /** Without an answer it may have been done all the same. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.isRedisAway) throw new NoAnswer();
    const answer = await question();
    if (!this.isCalm && this.scenario.faults === 'all' && this.random.chance(0.01)) throw new NoAnswer();
    return answer;
  }

  #partitionOf({ node }: Arriving): Partition {
    const { partitions, scenario, random, arriving } = this;
    let hash = 7;
    for (const char of node) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
    const isSplit = scenario.split && this.#arrived > arriving.length / 2 && random.chance(0.5);
    return partitions[(hash + (isSplit ? 1 : 0)) % partitions.length]!;
  }
}

function mustLive({ isDead }: Processor): void {
  if (isDead) throw new Crash();
}
