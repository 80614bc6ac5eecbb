import type { Manifest } from '@haproxystats/messaging';
import type { Partition, Stored } from './group';
import type { Answer } from './polls';

/** What the log brought of a node and slot. */
export interface Truth {
  readonly node: string;
  readonly slot: number;
  readonly sources: Set<string>;
  readonly partitions: Map<number, Arrived>;
  /** Processes of which something came that cannot be read. */
  readonly unreadable: Set<string>;
  /** A record is damaged so much that nobody knows what it was. */
  isMaimed: boolean;
}

/** What one partition has of it. */
export interface Arrived {
  /** When its first record came. */
  readonly first: number;
  /** When the last one came. */
  last: number;
  /** When the parts of each answer came. */
  readonly parts: Map<Answer, number[]>;
  /** When each poll was heard of that brought an answer. */
  readonly polls: Map<string, number>;
  /** Of every poll that was heard of, as JSON. */
  readonly manifests: Map<string, string>;
}

export interface SlotName {
  readonly node: string;
  readonly slot: number;
}

export function nameOf({ node, slot }: SlotName): string {
  return `${node} ${slot}`;
}

export function truthsOf(partitions: readonly Partition[]): Map<string, Truth> {
  const truths = new Map<string, Truth>();
  const maimed = new Set<string>();
  for (const { records, number } of partitions) {
    for (const stored of records) {
      const { sent, entry } = stored;
      if (sent.damage === 'headers') maimed.add(nameOf(sent));
      else {
        const truth = truths.get(nameOf(sent)) ?? newTruth(sent);
        truths.set(nameOf(sent), truth);
        const arrived = truth.partitions.get(number) ?? newArrived(entry.appendedAt);
        truth.partitions.set(number, arrived);
        note(stored, truth, arrived);
      }
    }
  }
  for (const name of maimed) {
    const truth = truths.get(name);
    if (truth) truth.isMaimed = true;
  }
  return truths;
}

function newTruth({ node, slot }: SlotName): Truth {
  return {
    node,
    slot,
    sources: new Set(),
    partitions: new Map(),
    unreadable: new Set(),
    isMaimed: false,
  };
}

function newArrived(first: number): Arrived {
  return { first, last: first, parts: new Map(), polls: new Map(), manifests: new Map() };
}

function note({ sent, entry }: Stored, { sources, unreadable }: Truth, arrived: Arrived): void {
  const { answer, part, damage, process } = sent;
  const { appendedAt, headers } = entry;
  sources.add(headers['hs-src']!);
  arrived.last = appendedAt;
  const poll = `${headers['hs-src']} ${headers['hs-poll']}`;
  arrived.manifests.set(poll, headers['hs-man']!);
  if (!answer) return;
  if (damage) unreadable.add(process);
  const times = arrived.parts.get(answer) ?? [];
  times[part] ??= appendedAt;
  arrived.parts.set(answer, times);
  arrived.polls.set(answer.poll, arrived.polls.get(answer.poll) ?? appendedAt);
}

/** The processes of which a whole answer came within so many ms of the first record. */
export function arrivedWithin({ partitions }: Truth, ms: number): Set<string> {
  const arrived = new Set<string>();
  for (const { first, parts } of partitions.values()) {
    for (const [answer, times] of parts) {
      const inTime = new Set(times.flatMap((at, part) => (at - first < ms ? [part] : [])));
      if (inTime.size === answer.parts) arrived.add(answer.process);
    }
  }
  return arrived;
}

/** What the polls of a slot say that can be in its frames. */
export interface Named {
  /** Each process, with the reasons for which it may be missing. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
  /** How many processes the shortest of them names: no frame may expect fewer. */
  readonly fewest: number;
}

export const nothingKnown: Named = { named: new Map(), fewest: 0 };

export function knownOf({ partitions, unreadable }: Truth): Named {
  const named = new Map<string, Set<string>>();
  let fewest = Infinity;
  const add = (process: string, reason: string): void => {
    named.set(process, (named.get(process) ?? new Set()).add(reason));
  };
  for (const json of [...partitions.values()].flatMap(({ manifests }) => [...manifests.values()])) {
    const { chunks, failed } = JSON.parse(json) as Manifest;
    for (const process of Object.keys(chunks)) add(process, 'lost');
    for (const [process, reason] of Object.entries(failed)) add(process, reason);
    fewest = Math.min(fewest, Object.keys(chunks).length + Object.keys(failed).length);
  }
  for (const process of unreadable) add(process, 'unreadable');
  return { named, fewest };
}
