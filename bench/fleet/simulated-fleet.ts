import { Partitioners, type Producer } from 'kafkajs';
import type { KafkaClient } from '@haproxystats/messaging';
import { setTimeout as pause } from 'node:timers/promises';
import { intervalMs, type Polls } from './polls';

const topic = 'haproxystats.raw.v1';
/** Polls that are on their way to the broker at one time. */
const inFlight = 8;

/** Nodes whose pullers hand over one poll each at every slot. */
export class SimulatedFleet {
  readonly #producer: Producer;
  readonly #firstSlot: number;

  /** `slots`: how many there will be at most. They lie in the past, one interval apart, so that they may come faster than that. */
  constructor(
    client: KafkaClient,
    private readonly polls: Polls,
    private readonly about: { readonly nodes: number; readonly slots: number },
  ) {
    this.#producer = client.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    this.#firstSlot = (Math.floor(Date.now() / intervalMs) - about.slots) * intervalMs;
  }

  start(): Promise<void> {
    return this.#producer.connect();
  }

  stop(): Promise<void> {
    return this.#producer.disconnect();
  }

  slotAt(index: number): number {
    return this.#firstSlot + index * intervalMs;
  }

  /** Hands over the slot of all nodes, evenly over `withinMs` where the machine can do that; answers when the broker took the last one, ms since the epoch. */
  async append(index: number, withinMs: number): Promise<number> {
    const { nodes } = this.about;
    const begin = performance.now();
    const slot = this.slotAt(index);
    let next = 0;
    let last = 0;
    const pull = async (): Promise<void> => {
      for (let node = next++; node < nodes; node = next++) {
        const early = begin + (node / nodes) * withinMs - performance.now();
        if (early >= 1) await pause(early);
        last = Math.max(last, await this.#send({ node, index, slot }));
      }
    };
    await Promise.all(Array.from({ length: inFlight }, pull));
    return last;
  }

  async #send(poll: Parameters<Polls['recordsOf']>[0]): Promise<number> {
    const messages = this.polls.recordsOf(poll);
    const [taken] = await this.#producer.send({ topic, acks: -1, messages });
    const appendedAt = Number(taken?.logAppendTime);
    if (!(appendedAt > 0)) throw new Error(`topic ${topic}: the broker does not say when it took a record`);
    return appendedAt;
  }
}
