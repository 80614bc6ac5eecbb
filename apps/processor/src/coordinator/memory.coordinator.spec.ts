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
});
