import type { Clock } from '@haproxystats/runtime';

/** How long to keep a value, and what it takes in memory. */
export interface Keeping {
  readonly ttlMs: number;
  readonly bytes: number;
}

interface Kept<V> {
  readonly value: V;
  readonly bytes: number;
  /** Monotonic ms. */
  readonly expires: number;
}

/** A map that forgets what was not set again in time, and where it takes more than `maxBytes` what was set longest ago. */
export class ExpiringMap<V> {
  /** In the order in which they were set. */
  readonly #kept = new Map<string, Kept<V>>();
  #bytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly maxBytes: number,
  ) {}

  get size(): number {
    return this.#kept.size;
  }

  get(name: string): V | undefined {
    const kept = this.#kept.get(name);
    return kept && kept.expires > this.clock.monotonic() ? kept.value : undefined;
  }

  set(name: string, value: V, { ttlMs, bytes }: Keeping): void {
    const now = this.clock.monotonic();
    this.#delete(name);
    this.#kept.set(name, { value, bytes, expires: now + ttlMs });
    this.#bytes += bytes;
    for (const [oldest, { expires }] of this.#kept) {
      if (expires > now && this.#bytes <= this.maxBytes) break;
      this.#delete(oldest);
    }
  }

  #delete(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
  }
}
