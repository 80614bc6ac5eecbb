import { topicName } from '@haproxystats/messaging';
import type { Accounts, Excuse } from './oracle/answers';
import { emissionOf, Emissions } from './oracle/emissions';
import { judge, type Judgement, type Window } from './oracle/judge';
import { RawSlots } from './oracle/raw-slots';
import { ReceivedPoints } from './oracle/received-points';
import type { LogRead } from './oracle/records';
import { slotKey } from './oracle/records';
import { plants, type Plant } from './plants';
import { poisonHeader } from './poisons';
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
    private readonly plant: Plant | undefined,
  ) {
    this.raw = new RawSlots((info, stat) => world.answers.found(info, stat));
    const handlers = new Map([
      [rawTopic, (record: LogRead) => this.#takeRaw(record)],
      [framesTopic, (record: LogRead) => this.#takeFrame(record)],
      [deadLettersTopic, (record: LogRead) => void this.deadLetters.push(record)],
    ]);
    this.tail = new TopicTail(world.brokers.straight, handlers);
  }

  /** Records that are neither polls nor frames nor poison. */
  get unreadable(): number {
    return this.raw.unreadable + this.#unreadableFrames;
  }

  /** ms into a second at which a node was polled last; undefined before its first poll. */
  phaseOf(node: string): number | undefined {
    return this.#phases.get(node);
  }

  /** Reads all that is there now. */
  async catchUp(): Promise<boolean> {
    const filter = plants[this.plant ?? 'none'].line();
    await this.world.relay.read((text) => this.#received.add(filter(text)));
    return this.tail.isAtTheEnd();
  }

  judge(window: Window): Judgement {
    return judge({ slots: this.raw.slots, emissions: this.#emissions, received: this.#received }, window);
  }

  /** Whether what the sockets said in this time is in the raw topic. */
  account(window: Window): Accounts {
    const excuses = this.world.kills
      .filter(({ kind }) => kind === 'puller')
      .map(({ name, at }): Excuse => ({ node: name, at }));
    return this.world.answers.account(window, excuses, (node, process, at) =>
      this.#hasFailed(node, process, at),
    );
  }

  /** The poll of that moment gave this answer up: it came too late, or was cut. */
  #hasFailed(node: string, process: string, at: number): boolean {
    const { cluster } = this.world.nodes.find(({ name }) => name === node)!;
    const second = Math.floor(at / 1000) * 1000;
    return [second, second - 1000].some((slot) =>
      this.raw.slots.get(slotKey(cluster, node, slot))?.failed.has(process),
    );
  }

  #takeRaw(record: LogRead): void {
    const { 'hs-node': node = '', 'hs-poll': polledAt } = record.headers;
    if (record.headers[poisonHeader] !== undefined) {
      this.poison.push(record);
      return;
    }
    this.raw.add(record);
    this.#phases.set(node, Number(polledAt) % 1_000);
  }

  #takeFrame(record: LogRead): void {
    try {
      const emission = emissionOf(record);
      if (plants[this.plant ?? 'none'].frame(emission)) this.#emissions.add(emission);
    } catch {
      this.#unreadableFrames++;
    }
  }
}
