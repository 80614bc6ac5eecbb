import { setImmediate as turn } from 'node:timers/promises';
import { silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../test/support/fake-clock';
import type { LogEntry, LogHandler, Position } from './log';
import { PartitionPump } from './partition-pump';

const entry: LogEntry = {
  topic: 'raw',
  partition: 2,
  key: '',
  headers: {},
  value: Buffer.alloc(1),
  offset: 0,
  next: 1,
  appendedAt: 1_700_000_000_000,
  priming: false,
};

/** A handler call that is over when the test says so. */
class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

describe('the end of a partition pump', () => {
  let clock: FakeClock;
  let events: string[];
  let stored: Position[];

  beforeEach(() => {
    clock = new FakeClock();
    events = [];
    stored = [];
  });

  /** A pump that has handed over a record. */
  async function pumpOf(handler: LogHandler): Promise<PartitionPump> {
    const unwanted = () => void events.push('unwanted');
    const pump = new PartitionPump({
      topic: 'raw',
      partition: 2,
      committed: { watermark: 0, base: 0 },
      commit: (position) => Promise.resolve(void stored.push(position)),
      handler,
      tickMs: 1e9,
      highWater: { entries: 10, bytes: 1e6 },
      lowWater: { entries: 5, bytes: 5e5 },
      onHigh: unwanted,
      onLow: unwanted,
      onFailure: unwanted,
      clock,
      logger: silentLogger,
    });
    pump.offer([entry]);
    await turn();
    return pump;
  }

  it('of a session that is closed comes after a last tick, and after work that outlives its call; what they commit is stored', async () => {
    const gate = new Gate();
    const pump = await pumpOf({
      record: (_, session) => {
        const work = gate.opened.then(() => session.commit({ watermark: 1, base: 1 }));
        session.inHand(work.then(() => events.push(`work, aborted: ${session.signal.aborted}`)));
        session.inHand(Promise.reject(new Error('seen by its maker')));
        return Promise.resolve();
      },
      tick: () => Promise.resolve(void events.push('tick')),
    });
    const ended = pump.end('closed').then(() => events.push('ended'));
    await turn();
    expect(events).toEqual(['tick']);
    gate.open();
    await ended;
    expect(events).toEqual(['tick', 'work, aborted: false', 'ended']);
    expect(stored).toEqual([{ watermark: 1, base: 1 }]);
  });

  it.each(['call', 'work'] as const)(
    'of a session that is closed waits 5 s for a %s, then aborts it',
    async (kind) => {
      const pump = await pumpOf({
        record: (_, session) => {
          const work = clock.sleep(1e9, session.signal).then(() => events.push('gave up'));
          if (kind === 'call') return work.then(() => undefined);
          session.inHand(work);
          return Promise.resolve();
        },
        tick: () => Promise.resolve(),
      });
      void pump.end('closed').then(() => events.push('ended'));
      await clock.advance(4_990);
      expect(events).toEqual([]);
      await clock.advance(20);
      expect(events.sort()).toEqual(['ended', 'gave up']);
    },
  );

  it('comes at once where the session is revoked while it finishes', async () => {
    const pump = await pumpOf({
      record: (_, { signal }) => clock.sleep(1e9, signal),
      tick: () => Promise.resolve(void events.push('tick')),
    });
    const closed = pump.end('closed');
    await turn();
    await pump.end('revoked');
    await closed;
    expect(events).toEqual([]);
  });
});
