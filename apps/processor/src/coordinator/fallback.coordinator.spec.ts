import { silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../test/support/fake-clock';
import type { Coordinator, Question } from './coordinator';
import { describeCoordinator } from './coordinator.contract';
import { FallbackCoordinator } from './fallback.coordinator';
import { MemoryCoordinator } from './memory.coordinator';

/** A fake Redis: a ledger that can be taken away. */
class Flaky implements Coordinator {
  away = false;
  refused = 0;
  constructor(private inner: Coordinator) {}
  decide(question: Question) {
    return this.away ? this.refuse() : this.inner.decide(question);
  }
  done(...args: Parameters<Coordinator['done']>) {
    return this.away ? this.refuse() : this.inner.done(...args);
  }
  private refuse(): Promise<never> {
    this.refused++;
    return Promise.reject(new Error('gone'));
  }
  flush(inner: Coordinator) {
    this.inner = inner;
  }
  close() {
    return Promise.resolve();
  }
}

function make() {
  const clock = new FakeClock();
  const shared = new Flaky(new MemoryCoordinator(clock));
  const told: boolean[] = [];
  const ledger = new FallbackCoordinator(shared, new MemoryCoordinator(clock), {
    clock,
    logger: silentLogger,
    onDegraded: (degraded) => told.push(degraded),
  });
  return { ledger, shared, told, clock };
}

describeCoordinator('FallbackCoordinator', () => Promise.resolve(make().ledger));

describe('FallbackCoordinator', () => {
  const key = { entity: 'c/n', slot: 10 };
  const question: Question = { ...key, sources: ['p'], held: ['a'], now: 10, leaseMs: 5, force: false };

  it('decides by itself while the shared ledger is away, and says so once', async () => {
    const { ledger, shared, told, clock } = make();
    shared.away = true;
    expect(await ledger.decide(question)).toBe('EMIT');
    await ledger.done(key, ['a']);
    expect(await ledger.decide(question)).toBe('DUP');
    shared.away = false;
    await clock.advance(5_000);
    await ledger.decide({ ...question, slot: 20 });
    expect(told).toEqual([true, false]);
  });

  it('remembers its own emissions when the shared ledger has lost everything', async () => {
    const { ledger, shared } = make();
    await ledger.done(key, ['a']);
    shared.flush(new MemoryCoordinator(new FakeClock()));
    expect(await ledger.decide(question)).toBe('DUP');
    expect(await ledger.decide({ ...question, held: ['a', 'b'] })).toBe('MORE');
  });

  it('does not pay the time limit of a ledger that says nothing at every question', async () => {
    const { ledger, shared, clock } = make();
    shared.away = true;
    for (let slot = 0; slot < 100; slot++) {
      await ledger.decide({ ...question, slot });
      await ledger.done({ ...key, slot }, ['a']);
    }
    expect(shared.refused).toBe(1);
    await clock.advance(30_000);
    expect(shared.refused).toBe(1);
    await ledger.decide(question);
    expect(shared.refused).toBe(2);
  });

  it('counts questions that fail together once', async () => {
    const { ledger, shared, clock } = make();
    shared.away = true;
    await Promise.all(Array.from({ length: 48 }, (_, slot) => ledger.decide({ ...question, slot })));
    expect(shared.refused).toBe(48);
    await clock.advance(500);
    await ledger.decide(question);
    expect(shared.refused).toBe(49);
  });

  it('asks one that answers now and then ever more rarely, and says so once, until it answers for good', async () => {
    const { ledger, shared, told, clock } = make();
    for (let asked = 0; asked < 600; asked++) {
      shared.away = !shared.away;
      await ledger.decide({ ...question, slot: asked });
      await clock.advance(100);
    }
    expect(shared.refused).toBeLessThan(30);
    expect(told.length).toBeLessThan(10);
    shared.away = false;
    for (let asked = 0; asked < 100; asked++) {
      await clock.advance(100);
      await ledger.decide(question);
    }
    expect(told.at(-1)).toBe(false);
  });
});
