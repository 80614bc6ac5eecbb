import { topicName } from '@haproxystats/messaging';
import type { Accounts, Excuse } from './oracle/answers';
import { emissionOf, Emissions } from './oracle/emissions';
import { judge } from './oracle/judge';
import type { Judgement, Window } from './oracle/judgement';
import { RawSlots } from './oracle/raw-slots';
import { ReceivedPoints } from './oracle/received-points';
import type { LogRead } from './oracle/records';
import { falsified, isHidden, type Plant } from './plants';
import { isOfPoison, poisonHeader } from './poisons';
import { TopicTail } from './world/topic-tail';
import type { World } from './world/world';

const prefix = 'haproxystats';
export const rawTopic = topicName(prefix, 'raw');
export const framesTopic = topicName(prefix, 'framesNode');
export const deadLettersTopic = topicName(prefix, 'dlq');

/** The oracle's eyes: the raw topic, the frames topic, the dead letters, the sockets' answers and the receiver's file. */
export class Observer {
  readonly deadLetters: LogRead[] = [];
  /** What the suite itself has put into the raw topic. */
  readonly poison: LogRead[] = [];
  readonly raw: RawSlots;
  readonly tail: TopicTail;
  readonly #emissions = new Emissions();
  readonly #received = new ReceivedPoints();
  readonly #phases = new Map<string, number>();
  #unreadableFrames = 0;

  constructor(
    private readonly world: World,
    private readonly planted: readonly Plant[],
  ) {
    this.raw = new RawSlots((info, stat) => world.answers.found(info, stat));
    const handlers = new Map([
      [rawTopic, (record: LogRead) => this.#takeRaw(record)],
      [framesTopic, (record: LogRead) => this.#takeFrame(record)],
      [deadLettersTopic, (record: LogRead) => void this.deadLetters.push(record)],
    ]);
    this.tail = new TopicTail(world.brokers.straight, handlers);
  }

  /** Records that are neither polls nor frames nor poison, and lines that are none. */
  get unreadable(): number {
    return this.raw.unreadable + this.#unreadableFrames + this.#received.malformed;
  }

  /** ms into a second at which a node was polled last; undefined before its first poll. */
  phaseOf(node: string): number | undefined {
    return this.#phases.get(node);
  }

  /** Reads all that is there now. */
  async catchUp(): Promise<boolean> {
    await this.world.relay.read((text) => this.#received.add(text));
    return this.tail.isAtTheEnd();
  }

  judge(window: Window): Judgement {
    const { slots } = this.raw;
    const received = {
      of: (...line: Parameters<ReceivedPoints['of']>) => this.#received.of(...line),
      slots: [...this.#received.slots].filter((slot) => !isOfPoison(slot)),
    };
    return judge(falsified(this.planted, { slots, emissions: this.#emissions, received }), window);
  }

  /** Whether what the sockets said in this time is in the raw topic. */
  account(window: Window): Accounts {
    const excuses = this.world.kills
      .filter(({ kind }) => kind === 'puller')
      .map(({ name, at }): Excuse => ({ node: name, at }));
    const failures = new Map<string, Set<number>>();
    for (const { failed } of this.raw.slots.values())
      for (const [process, begins] of failed)
        failures.set(process, new Set([...(failures.get(process) ?? []), ...begins]));
    return this.world.answers.account(window, excuses, failures);
  }

  #takeRaw(record: LogRead): void {
    const { 'hs-node': node = '', 'hs-poll': polledAt } = record.headers;
    if (record.headers[poisonHeader] !== undefined) {
      this.poison.push(record);
      return;
    }
    if (isHidden(this.planted, Number(record.headers['hs-slot']))) return;
    this.raw.add(record);
    this.#phases.set(node, Number(polledAt) % 1_000);
  }

  #takeFrame(record: LogRead): void {
    try {
      const emission = emissionOf(record);
      if (!isOfPoison(emission.key)) this.#emissions.add(emission);
    } catch {
      this.#unreadableFrames++;
    }
  }
}
