import type { Clock } from '@haproxystats/runtime';
import {
  maxSources,
  slotTtlMs,
  sourcesTtlMs,
  type Coordinator,
  type Question,
  type SlotKey,
  type Verdict,
} from './coordinator';
import { ExpiringMap } from './expiring-map';

interface SlotLedger {
  readonly sources: Set<string>;
  /** What was emitted; undefined before the first emission (an emission may be of no member at all). */
  emitted: Set<string> | undefined;
}

/** Bounds of the memory; what is forgotten beyond them costs a repetition at worst. */
const defaultBounds = { slotBytes: 128 * 1024 * 1024, sourceBytes: 32 * 1024 * 1024 };
/** What a slot or an entity, and a name in it, take in memory beside their characters, roughly. */
const entryBytes = 512;
const nameBytes = 64;

/** The ledger within one process: for the embedded mode, and while Redis is away. */
export class MemoryCoordinator implements Coordinator {
  readonly #slots: ExpiringMap<SlotLedger>;
  /** Per entity: source -> log time it was last seen. */
  readonly #live: ExpiringMap<Map<string, number>>;

  constructor(clock: Clock, { slotBytes, sourceBytes } = defaultBounds) {
    this.#slots = new ExpiringMap(clock, slotBytes);
    this.#live = new ExpiringMap(clock, sourceBytes);
  }

  decide(question: Question): Promise<Verdict> {
    return Promise.resolve(this.#decide(question));
  }

  done(key: SlotKey, members: readonly string[]): Promise<void> {
    const ledger = this.#ledger(key);
    ledger.emitted ??= new Set();
    for (const member of members) ledger.emitted.add(member);
    this.#keep(key, ledger);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #decide(question: Question): Verdict {
    const live = this.#liveSources(question);
    const ledger = this.#ledger(question);
    for (const source of question.sources) ledger.sources.add(source);
    this.#keep(question, ledger);
    const { emitted } = ledger;
    if (emitted && question.held.every((member) => emitted.has(member))) return 'DUP';
    const waiting = [...live].some((source) => !ledger.sources.has(source));
    if (waiting && !question.force) return 'WAIT';
    return emitted ? 'MORE' : 'EMIT';
  }

  #liveSources(question: Question): Iterable<string> {
    const { entity, sources, now, leaseMs } = question;
    const seen = this.#live.get(entity) ?? new Map<string, number>();
    for (const source of sources) seen.set(source, Math.max(now, seen.get(source) ?? now));
    const surplus =
      seen.size > maxSources ? [...seen.values()].sort((a, b) => b - a)[maxSources]! : -Infinity;
    for (const [source, at] of seen) if (at < now - leaseMs || at <= surplus) seen.delete(source);
    this.#live.set(entity, seen, { ttlMs: sourcesTtlMs(question), bytes: bytesOf(seen.keys()) });
    return seen.keys();
  }

  #ledger(key: SlotKey): SlotLedger {
    return this.#slots.get(nameOf(key)) ?? { sources: new Set(), emitted: undefined };
  }

  #keep(key: SlotKey, ledger: SlotLedger): void {
    const bytes = bytesOf([...ledger.sources, ...(ledger.emitted ?? [])]);
    this.#slots.set(nameOf(key), ledger, { ttlMs: slotTtlMs, bytes });
  }
}

function nameOf({ entity, slot }: SlotKey): string {
  return `${entity} ${slot}`;
}

function bytesOf(names: Iterable<string>): number {
  let bytes = entryBytes;
  for (const name of names) bytes += nameBytes + name.length;
  return bytes;
}
