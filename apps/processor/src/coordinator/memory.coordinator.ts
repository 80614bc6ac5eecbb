import type { Clock } from '@haproxystats/runtime';
import { slotTtlMs, type Coordinator, type Question, type SlotKey, type Verdict } from './coordinator';

interface SlotLedger {
  readonly sources: Set<string>;
  /** What was emitted; undefined before the first emission (an emission may be of no member at all). */
  emitted: Set<string> | undefined;
  /** Monotonic ms. */
  expires: number;
}

/** Bounds of the memory; what is forgotten beyond them costs a repetition at worst. */
const maxEntities = 100_000;
const maxSlots = 200_000;

/** The ledger within one process: for the embedded mode, and while Redis is away. */
export class MemoryCoordinator implements Coordinator {
  readonly #slots = new Map<string, SlotLedger>();
  /** Per entity: source -> log time it was last seen. */
  readonly #live = new Map<string, Map<string, number>>();

  constructor(private readonly clock: Clock) {}

  decide(question: Question): Promise<Verdict> {
    return Promise.resolve(this.#decide(question));
  }

  done(key: SlotKey, members: readonly string[]): Promise<void> {
    const ledger = this.#ledger(key);
    ledger.emitted ??= new Set();
    for (const member of members) ledger.emitted.add(member);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #decide(question: Question): Verdict {
    const live = this.#liveSources(question);
    const ledger = this.#ledger(question);
    for (const source of question.sources) ledger.sources.add(source);
    const { emitted } = ledger;
    if (emitted && question.held.every((member) => emitted.has(member))) return 'DUP';
    const waiting = [...live].some((source) => !ledger.sources.has(source));
    return waiting && !question.force ? 'WAIT' : 'EMIT';
  }

  #liveSources({ entity, sources, now, leaseMs }: Question): Iterable<string> {
    if (this.#live.size > maxEntities) this.#live.clear();
    const seen = this.#live.get(entity) ?? new Map<string, number>();
    this.#live.set(entity, seen);
    for (const source of sources) seen.set(source, Math.max(now, seen.get(source) ?? 0));
    for (const [source, at] of seen) if (at < now - leaseMs) seen.delete(source);
    return seen.keys();
  }

  /** The slot's ledger, its life prolonged; those that have expired go first. */
  #ledger({ entity, slot }: SlotKey): SlotLedger {
    const now = this.clock.monotonic();
    for (const [oldest, { expires }] of this.#slots) {
      if (expires > now && this.#slots.size < maxSlots) break;
      this.#slots.delete(oldest);
    }
    const name = `${entity} ${slot}`;
    const ledger = this.#slots.get(name) ?? { sources: new Set<string>(), emitted: undefined, expires: 0 };
    ledger.expires = now + slotTtlMs;
    // Behind all others, so that the map stays in the order of expiry.
    this.#slots.delete(name);
    this.#slots.set(name, ledger);
    return ledger;
  }
}
