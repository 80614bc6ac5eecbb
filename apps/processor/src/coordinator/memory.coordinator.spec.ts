import { FakeClock } from '../../../../test/support/fake-clock';
import { describeCoordinator } from './coordinator.contract';
import { MemoryCoordinator } from './memory.coordinator';

describeCoordinator('MemoryCoordinator', () => Promise.resolve(new MemoryCoordinator(new FakeClock())));

describe('MemoryCoordinator', () => {
  it('forgets a slot after a while', async () => {
    const clock = new FakeClock();
    const ledger = new MemoryCoordinator(clock);
    const key = { entity: 'c/n', slot: 10 };
    const question = { ...key, sources: ['p'], held: ['a'], now: 10, leaseMs: 5, force: false };
    await ledger.done(key, ['a']);
    await clock.advance(14 * 60_000);
    expect(await ledger.decide(question)).toBe('DUP');
    await clock.advance(16 * 60_000);
    expect(await ledger.decide(question)).toBe('EMIT');
  });

  it('waits for a source as long as its lease is, however long a slot is remembered', async () => {
    const clock = new FakeClock();
    const ledger = new MemoryCoordinator(clock);
    const day = 24 * 60 * 60_000;
    const question = { entity: 'c/n', held: ['a'], leaseMs: 3.5 * day, force: false };
    await ledger.decide({ ...question, slot: 10, sources: ['p', 'q'], now: 10 });
    await clock.advance(day);
    expect(await ledger.decide({ ...question, slot: 20, sources: ['p'], now: 10 + day })).toBe('WAIT');
    await clock.advance(4 * day);
    expect(await ledger.decide({ ...question, slot: 30, sources: ['p'], now: 10 + day })).toBe('EMIT');
  });

  it('has a bound, by what the names take: the slot asked for longest ago goes first', async () => {
    const ledger = new MemoryCoordinator(new FakeClock(), { slotBytes: 1_000_000, sourceBytes: 10_000 });
    const question = { sources: ['p'], held: ['a'.repeat(1_000)], now: 10, leaseMs: 5, force: false };
    for (let slot = 0; slot < 2_000; slot++) await ledger.done({ entity: `c/n${slot}`, slot }, question.held);
    const ask = (slot: number) => ledger.decide({ ...question, entity: `c/n${slot}`, slot });
    expect([await ask(1_999), await ask(1_500), await ask(0)]).toEqual(['DUP', 'DUP', 'EMIT']);
  });
});
