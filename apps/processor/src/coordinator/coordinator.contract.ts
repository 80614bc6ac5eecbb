import { maxSources, type Coordinator, type Question } from './coordinator';

/** What every ledger promises; `make` gives one whose memory is empty. */
export function describeCoordinator(name: string, make: () => Promise<Coordinator>): void {
  describe(`${name} as a Coordinator`, () => {
    let ledger: Coordinator;
    let slot = 1_700_000_000_000;
    const entity = 'eu/lb1';
    const question = (change: Partial<Question> = {}): Question => ({
      entity,
      slot,
      sources: ['p1'],
      held: ['a', 'b'],
      now: slot,
      leaseMs: 35_000,
      force: false,
      ...change,
    });

    beforeEach(async () => {
      ledger = await make();
      slot += 10_000;
    });
    afterEach(() => ledger.close());

    it('lets a snapshot out, again until it is told that it is done, and never after', async () => {
      expect(await ledger.decide(question())).toBe('EMIT');
      expect(await ledger.decide(question())).toBe('EMIT');
      await ledger.done({ entity, slot }, ['a', 'b']);
      expect(await ledger.decide(question())).toBe('DUP');
      expect(await ledger.decide(question({ force: true }))).toBe('DUP');
    });

    it('lets a snapshot of no member out once', async () => {
      expect(await ledger.decide(question({ held: [] }))).toBe('EMIT');
      await ledger.done({ entity, slot }, []);
      expect(await ledger.decide(question({ held: [] }))).toBe('DUP');
      expect(await ledger.decide(question({ held: ['a'] }))).toBe('MORE');
    });

    it('compares members, not their number', async () => {
      await ledger.done({ entity, slot }, ['a', 'b']);
      expect(await ledger.decide(question({ held: ['c', 'd'] }))).toBe('MORE');
      expect(await ledger.decide(question({ held: ['a'] }))).toBe('DUP');
      await ledger.done({ entity, slot }, ['c']);
      expect(await ledger.decide(question({ held: ['a', 'b', 'c'] }))).toBe('DUP');
    });

    it('keeps slots and entities apart', async () => {
      await ledger.done({ entity, slot }, ['a', 'b']);
      expect(await ledger.decide(question({ slot: slot + 10_000, now: slot + 10_000 }))).toBe('EMIT');
      expect(await ledger.decide(question({ entity: 'eu/lb2' }))).toBe('EMIT');
    });

    it('waits for a source that was there a moment ago, not for one whose lease is over, and not when forced', async () => {
      expect(await ledger.decide(question({ sources: ['p2'] }))).toBe('EMIT');
      slot += 10_000;
      expect(await ledger.decide(question())).toBe('WAIT');
      expect(await ledger.decide(question({ force: true }))).toBe('EMIT');
      expect(await ledger.decide(question({ sources: ['p1', 'p2'] }))).toBe('EMIT');
      slot += 35_001;
      expect(await ledger.decide(question())).toBe('EMIT');
    });

    it('waits for more of a slot as for the first of it', async () => {
      await ledger.decide(question({ sources: ['p2'] }));
      slot += 10_000;
      await ledger.done({ entity, slot }, ['a']);
      expect(await ledger.decide(question())).toBe('WAIT');
      expect(await ledger.decide(question({ force: true }))).toBe('MORE');
    });

    it('waits for those sources only that were heard of last, where there are too many', async () => {
      const many = Array.from({ length: maxSources }, (_, i) => `p${i}`);
      await ledger.decide(question({ sources: ['silent'] }));
      await ledger.decide(question({ sources: many.slice(1), now: slot + 1 }));
      const ask = (sources: string[]) => {
        slot += 10_000;
        return ledger.decide(question({ sources, now: slot - 8_000 }));
      };
      expect(await ask(many.slice(1))).toBe('WAIT');
      expect(await ask(many)).toBe('EMIT');
      expect(await ask(many.slice(1))).toBe('WAIT');
    });

    it('takes names as they are', async () => {
      const member = '/run/ha proxy/"1"\n*.sock';
      expect(await ledger.decide(question({ held: [member], sources: ['s}{'] }))).toBe('EMIT');
      await ledger.done({ entity, slot }, [member]);
      expect(await ledger.decide(question({ held: [member], sources: ['s}{'] }))).toBe('DUP');
    });
  });
}
