import { sentBy, type Answer, type Sent } from './polls';
import type { Random } from './random';
import { beginning, type Scenario } from './scenario';

/** A record on its way to the log. */
export interface Arriving extends Sent {
  /** When the broker takes it, ms since the epoch. */
  readonly at: number;
}

/** How the processes of a node are divided among two pullers; nobody, where there is one. */
type Sharing = 'alone' | 'all' | 'halves';

interface Puller {
  readonly source: string;
  /** The slots that it polls: from one up to another. */
  readonly from: number;
  readonly to: number;
  readonly polls: (process: string, i: number) => boolean;
}

/** What the pullers of all nodes send, in the order of its arrival. */
export function arrivals(scenario: Scenario, random: Random): Arriving[] {
  let ids = 0;
  const world = { scenario, random, nextId: () => ++ids };
  const all = Array.from({ length: scenario.nodes }, (_, n) => new Node(`n${n}`, world).send());
  return all.flat().sort((a, b) => a.at - b.at);
}

interface World {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly nextId: () => number;
}

class Node {
  readonly #sharing: Sharing;
  readonly #pullers: readonly Puller[];
  #processes = 0;
  readonly #sent: Arriving[] = [];

  constructor(
    private readonly name: string,
    private readonly world: World,
  ) {
    const { random } = world;
    this.#sharing = random.pick<Sharing>(['alone', 'alone', 'alone', 'all', 'halves']);
    this.#pullers = this.#pullersOf();
  }

  send(): Arriving[] {
    const { scenario, random } = this.world;
    for (let slot = 0; slot < scenario.slots; slot++) {
      // A reload changes how many processes there are.
      if (slot === 0 || random.chance(0.2)) this.#processes = 1 + random.below(4);
      // The node is down.
      if (scenario.faults !== 'none' && random.chance(0.05)) continue;
      for (const puller of this.#pullers)
        if (slot >= puller.from && slot < puller.to) this.#poll(puller, slot);
    }
    return this.#sent;
  }

  #pullersOf(): Puller[] {
    const { scenario, random } = this.world;
    const first = { source: `${this.name}-a`, from: 0, to: scenario.slots };
    if (this.#sharing === 'alone') return [{ ...first, polls: () => true }];
    const second = {
      source: `${this.name}-b`,
      from: random.chance(0.5) ? 0 : random.below(scenario.slots),
      to: scenario.faults !== 'none' && random.chance(0.3) ? random.below(scenario.slots) : scenario.slots,
    };
    const half = (remainder: number) => (_: string, i: number) => i % 2 === remainder;
    if (this.#sharing === 'halves')
      return [
        { ...first, polls: half(0) },
        { ...second, polls: half(1) },
      ];
    return [first, second].map((puller) => ({ ...puller, polls: () => true }));
  }

  #poll({ source, polls }: Puller, index: number): void {
    const { scenario, random } = this.world;
    const slot = beginning + index * scenario.intervalMs;
    const processes = Array.from({ length: this.#processes }, (_, i) => `p${i}`).filter(polls);
    const failed = processes.filter(() => random.chance(0.06));
    const startedAt = slot + random.below(50);
    const answered = processes.filter((process) => !failed.includes(process));
    const poll = `${source} ${startedAt}`;
    const facts = { node: this.name, slot, poll, expected: processes };
    const sent = sentBy({
      node: this.name,
      source,
      slot,
      intervalMs: scenario.intervalMs,
      startedAt,
      failed,
      answers: answered.map((process) => this.#answer({ ...facts, process })),
    });
    this.#deliver(sent, startedAt + random.below(scenario.intervalMs / 5));
  }

  #answer(facts: Pick<Answer, 'node' | 'slot' | 'process' | 'poll' | 'expected'>): Answer {
    const { random, nextId } = this.world;
    const stot = [1 + random.below(1_000_000), 1 + random.below(1_000_000)] as const;
    return { ...facts, id: nextId(), stot, parts: random.chance(0.15) ? 2 : 1 };
  }

  /** In good times all of it at once; else one of the ways in which it goes wrong. */
  #deliver(sent: readonly Sent[], at: number): void {
    const { scenario, random } = this.world;
    const mishap = scenario.faults === 'none' ? undefined : mishaps.find(({ upTo }) => upTo > random.next());
    if (mishap) mishap.deliver(this, { sent: random.shuffled(sent), at });
    else this.arrive(sent, at);
  }

  arrive(sent: readonly Sent[], at: number): void {
    const gap = this.world.random.below(40);
    for (const [i, each] of sent.entries()) this.#sent.push({ ...each, at: at + i * gap });
  }

  /** A moment, in parts of the interval. */
  after(from: number, to: number): number {
    const { scenario, random } = this.world;
    return Math.round(scenario.intervalMs * (from + (to - from) * random.next()));
  }

  cut(sent: readonly Sent[]): number {
    return this.world.random.below(sent.length);
  }

  chance(p: number): boolean {
    return this.world.random.chance(p);
  }
}

interface Delivery {
  readonly sent: readonly Sent[];
  readonly at: number;
}

const grace = 1.5;

/** Each with its chance, once those before it did not come: the rest comes in another order than it was sent. */
const mishaps: readonly { upTo: number; deliver: (node: Node, delivery: Delivery) => void }[] = [
  {
    // The forwarder dies under way; when it is back it sends the slot again, soon or after grace.
    upTo: 0.09,
    deliver: (node, { sent, at }) => {
      node.arrive(sent.slice(0, node.cut(sent)), at);
      if (node.chance(0.7))
        node.arrive(sent, at + (node.chance(0.5) ? node.after(0.2, 0.7) : node.after(grace, grace + 4)));
    },
  },
  {
    // An acknowledgement was lost: all of it comes twice.
    upTo: 0.08,
    deliver: (node, { sent, at }) => {
      node.arrive(sent, at);
      node.arrive(sent, at + node.after(0, 0.3));
    },
  },
  {
    // Some of it is late, within grace or after it.
    upTo: 0.1,
    deliver: (node, { sent, at }) => {
      const cut = node.cut(sent);
      node.arrive(sent.slice(0, cut), at);
      node.arrive(sent.slice(cut), at + (node.chance(0.5) ? node.after(0.2, grace) : node.after(grace, 5)));
    },
  },
  {
    // The spool drains: the slot comes much later, among others.
    upTo: 0.06,
    deliver: (node, { sent, at }) => node.arrive(sent, at + node.after(0.5, 4)),
  },
  { upTo: 0.3, deliver: (node, { sent, at }) => node.arrive(sent, at) },
];
