import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { until } from '../../../test/harness/eventually';
import { FakeClock } from '../../../test/support/fake-clock';
import type { LogEntry, PartitionSession, Position } from './log';
import { PartitionPump, type PartitionPumpOptions } from './partition-pump';

const start = 1_700_000_000_000;

function entryOf(offset: number, { appendedAt = start + offset, bytes = 1 } = {}): LogEntry {
  return {
    topic: 'raw',
    partition: 2,
    key: '',
    headers: {},
    value: Buffer.alloc(bytes),
    offset,
    next: offset + 1,
    appendedAt,
    priming: false,
  };
}

const entriesOf = (...offsets: number[]): LogEntry[] => offsets.map((offset) => entryOf(offset));

/** A handler call that is over when the test says so. */
class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

describe('PartitionPump', () => {
  let clock: FakeClock;
  let events: string[];
  let stored: Position[];
  let pumps: PartitionPump[];

  beforeEach(() => {
    clock = new FakeClock();
    events = [];
    stored = [];
    pumps = [];
  });

  afterEach(async () => {
    await Promise.all(pumps.map((pump) => pump.end('revoked')));
  });

  function pumpOf(options: Partial<PartitionPumpOptions> = {}): PartitionPump {
    const pump = new PartitionPump({
      topic: 'raw',
      partition: 2,
      committed: { watermark: 0, base: 0 },
      commit: (position) => {
        stored.push(position);
        return Promise.resolve();
      },
      handler: {
        record: ({ offset }) => Promise.resolve(void events.push(`record ${offset}`)),
        tick: () => Promise.resolve(void events.push('tick')),
      },
      tickMs: 1_000,
      highWater: { entries: 1_000, bytes: 1_000_000 },
      lowWater: { entries: 500, bytes: 500_000 },
      onHigh: () => events.push('high'),
      onLow: () => events.push('low'),
      onFailure: (error) => events.push(`failed: ${String(error)}`),
      clock,
      logger: silentLogger,
      ...options,
    });
    pumps.push(pump);
    return pump;
  }

  describe('calls', () => {
    it('hands over what is offered, in order, and ticks once the input turned idle', async () => {
      const pump = pumpOf();
      pump.offer(entriesOf(1, 2));
      pump.offer(entriesOf(3));
      pump.caughtUp(true);
      await turn();
      pump.caughtUp(true);
      await turn();
      expect(events).toEqual(['record 1', 'record 2', 'record 3', 'tick']);
    });

    it('takes the input for idle only when its reader has seen the end of the log', async () => {
      const pump = pumpOf();
      pump.offer(entriesOf(1));
      await turn();
      expect(events).toEqual(['record 1']);
      pump.caughtUp(true);
      await turn();
      expect(events).toEqual(['record 1', 'tick']);
      pump.offer(entriesOf(2));
      await turn();
      expect(events).toEqual(['record 1', 'tick', 'record 2']);
    });

    it('tells a handler whether the input is idle', async () => {
      const note = (what: string) => (session: PartitionSession) =>
        Promise.resolve(void events.push(`${what}${session.idle ? ', idle' : ''}`));
      const pump = pumpOf({
        handler: { record: ({ offset }, session) => note(`record ${offset}`)(session), tick: note('tick') },
      });
      pump.offer(entriesOf(1, 2));
      await clock.advance(1_000);
      pump.offer(entriesOf(3, 4));
      pump.caughtUp(true);
      await turn();
      expect(events).toEqual(['record 1', 'record 2', 'tick', 'record 3', 'record 4, idle', 'tick, idle']);
    });

    it('ticks every tickMs, idle or not', async () => {
      const pump = pumpOf({
        handler: {
          record: async ({ offset }) => {
            events.push(`record ${offset}`);
            await clock.sleep(600);
          },
          tick: () => Promise.resolve(void events.push('tick')),
        },
      });
      await clock.advance(2_000);
      expect(events).toEqual(['tick', 'tick']);
      pump.offer(entriesOf(1, 2, 3, 4));
      for (let n = 0; n < 30; n++) await clock.advance(100);
      expect(events.slice(2, 8)).toEqual(['record 1', 'record 2', 'tick', 'record 3', 'record 4', 'tick']);
    });

    it('never runs two at once, and a slow tick starves no record', async () => {
      let inside = 0;
      const slow = async (event: string): Promise<void> => {
        events.push(`${event} ${inside++}`);
        await delay(5);
        inside--;
      };
      const pump = pumpOf({
        tickMs: 1,
        clock: systemClock,
        handler: { record: () => slow('record'), tick: () => slow('tick') },
      });
      pump.offer(entriesOf(1, 2, 3));
      await until(() => events.filter((event) => event === 'record 0').length === 3, { withinMs: 5_000 });
      expect(new Set(events)).toEqual(new Set(['record 0', 'tick 0']));
    });

    it('lets timers run while it works through a full queue', async () => {
      let handled = 0;
      const spin = (): Promise<void> => {
        for (const end = performance.now() + 10; performance.now() < end;);
        handled++;
        return Promise.resolve();
      };
      const pump = pumpOf({ clock: systemClock, handler: { record: spin, tick: () => Promise.resolve() } });
      pump.offer(Array.from({ length: 30 }, (_, offset) => entryOf(offset)));
      await delay(1);
      expect(handled).toBeGreaterThan(0);
      expect(handled).toBeLessThan(30);
    });
  });

  describe('bounds', () => {
    it('tells when the queue reaches the high water mark and when it sank to the low one, by entries', async () => {
      const pump = pumpOf({ highWater: { entries: 3, bytes: 1e6 }, lowWater: { entries: 1, bytes: 1e6 } });
      pump.offer(entriesOf(1, 2));
      expect(events).toEqual([]);
      pump.offer(entriesOf(3, 4));
      pump.offer(entriesOf(5));
      expect(events).toEqual(['high']);
      await turn();
      expect(events).toEqual(['high', 'record 1', 'record 2', 'record 3', 'record 4', 'low', 'record 5']);
    });

    it('and by bytes, the record in hand among them', async () => {
      const gate = new Gate();
      const pump = pumpOf({
        highWater: { entries: 10, bytes: 100 },
        lowWater: { entries: 5, bytes: 50 },
        handler: { record: () => gate.opened, tick: () => Promise.resolve() },
      });
      pump.offer([entryOf(1, { bytes: 200 })]);
      await turn();
      expect(events).toEqual(['high']);
      gate.open();
      await turn();
      expect(events).toEqual(['high', 'low']);
    });
  });

  describe('log time', () => {
    const nowOf = (pump: PartitionPump): number => pump.session.now() - start;

    it('is 0 before the first record, then that of the record in hand, not of one that waits', async () => {
      const seen: number[] = [];
      const pump = pumpOf({
        handler: {
          record: (_, session) => Promise.resolve(void seen.push(session.now() - start)),
          tick: () => Promise.resolve(),
        },
      });
      pump.caughtUp(true);
      await clock.advance(500);
      expect(pump.session.now()).toBe(0);
      pump.offer(entriesOf(10, 20));
      await turn();
      expect(seen).toEqual([10, 20]);
    });

    it('runs on only while the reader has seen the end of the log', async () => {
      const pump = pumpOf();
      pump.offer(entriesOf(10));
      await clock.advance(300);
      expect(nowOf(pump)).toBe(10);
      pump.caughtUp(true);
      await clock.advance(300);
      expect(nowOf(pump)).toBe(310);
      pump.caughtUp(true);
      await clock.advance(100);
      expect(nowOf(pump)).toBe(410);
      pump.caughtUp(false);
      await clock.advance(300);
      expect(nowOf(pump)).toBe(410);
    });

    it('stands still while records wait', async () => {
      const gate = new Gate();
      const pump = pumpOf({ handler: { record: () => gate.opened, tick: () => Promise.resolve() } });
      pump.offer(entriesOf(10, 20));
      pump.caughtUp(true);
      await clock.advance(500);
      expect(nowOf(pump)).toBe(10);
      gate.open();
      await turn();
      await turn();
      await clock.advance(100);
      expect(nowOf(pump)).toBe(120);
    });

    it('never moves back', async () => {
      const pump = pumpOf();
      pump.offer(entriesOf(10));
      pump.caughtUp(true);
      await clock.advance(100);
      pump.offer(entriesOf(50));
      await turn();
      expect(nowOf(pump)).toBe(110);
      clock.jump(-1_000_000);
      expect(nowOf(pump)).toBe(110);
    });

    it('is not believed for longer than idleTrustMs, and caught up with once confirmed', async () => {
      const pump = pumpOf({ idleTrustMs: 100 });
      pump.offer(entriesOf(10));
      pump.caughtUp(true);
      await clock.advance(5_000);
      expect(nowOf(pump)).toBe(110);
      pump.caughtUp(true);
      expect(nowOf(pump)).toBe(5_010);
      await clock.advance(5_000);
      pump.offer(entriesOf(600));
      await turn();
      expect(nowOf(pump)).toBe(5_110);
    });
  });

  describe('commits', () => {
    async function handed(pump: PartitionPump, ...offsets: number[]): Promise<PartitionSession> {
      pump.offer(entriesOf(...offsets));
      await turn();
      return pump.session;
    }
    const at = (watermark: number, base = watermark): Position => ({ watermark, base });

    it('are stored, and never move back', async () => {
      const session = await handed(pumpOf({ committed: at(5, 3) }), 5, 6, 7);
      await session.commit(at(7, 4));
      await session.commit(at(6, 2));
      await session.commit(at(7, 6));
      await session.commit(at(8, 5));
      expect(stored).toEqual([at(7, 4), at(7, 6), at(8, 6)]);
    });

    it('may not pass what was handed over, nor the base the watermark', async () => {
      const session = await handed(pumpOf({ committed: at(5) }), 5);
      await expect(session.commit(at(7))).rejects.toThrow('read so far');
      await expect(session.commit(at(5, 6))).rejects.toThrow(RangeError);
      expect(stored).toEqual([]);
    });

    it('that come while one is being stored are stored as one', async () => {
      const gate = new Gate();
      const session = await handed(
        pumpOf({
          commit: (position) => {
            stored.push(position);
            return gate.opened;
          },
        }),
        ...[0, 1, 2, 3],
      );
      const commits = [1, 2, 3, 4].map((offset) => session.commit(at(offset)));
      gate.open();
      await Promise.all(commits);
      expect(stored).toEqual([at(1), at(4)]);
    });

    it('tell whoever made them that they failed; the next one tries again', async () => {
      let fails = true;
      const session = await handed(
        pumpOf({
          commit: (position) => {
            if (fails) return Promise.reject(new Error('no disk'));
            stored.push(position);
            return Promise.resolve();
          },
        }),
        0,
      );
      await expect(session.commit(at(1))).rejects.toThrow('no disk');
      fails = false;
      await session.commit(at(1));
      expect(stored).toEqual([at(1)]);
    });

    it('are dropped once the session was revoked, also those that wait', async () => {
      const gate = new Gate();
      const pump = pumpOf({
        commit: (position) => {
          stored.push(position);
          return gate.opened;
        },
      });
      const session = await handed(pump, 0, 1, 2);
      const commits = [session.commit(at(1)), session.commit(at(2))];
      const ended = pump.end('revoked');
      commits.push(session.commit(at(3)));
      gate.open();
      await Promise.all([...commits, ended]);
      expect(stored).toEqual([at(1)]);
    });
  });

  describe('the end', () => {
    it.each(['revoked', 'closed'] as const)(
      'drops the queue, waits for the call in hand (%s)',
      async (why) => {
        const gate = new Gate();
        const pump = pumpOf({
          handler: {
            record: async (entry, session) => {
              events.push(`record ${entry.offset}`);
              await gate.opened;
              await session.commit({ watermark: entry.next, base: entry.next });
              events.push(`done, aborted: ${session.signal.aborted}`);
            },
            tick: () => Promise.resolve(),
          },
        });
        pump.offer(entriesOf(0, 1, 2));
        await turn();
        const ended = pump.end(why).then(() => events.push('ended'));
        await turn();
        expect(events).toEqual(['record 0']);
        gate.open();
        await ended;
        pump.offer(entriesOf(3));
        await clock.advance(10_000);
        expect(events).toEqual(['record 0', `done, aborted: ${why === 'revoked'}`, 'ended']);
        expect(stored).toHaveLength(why === 'closed' ? 1 : 0);
        await pump.session.commit({ watermark: 1, base: 1 });
        expect(stored).toHaveLength(why === 'closed' ? 1 : 0);
      },
    );

    it.each(['record', 'tick'] as const)('comes when %s throws; the reader is told', async (call) => {
      const fine = (): Promise<void> => Promise.resolve();
      const fails = (): Promise<void> => Promise.reject(new Error(`a fault in ${call}`));
      const pump = pumpOf({ handler: { record: fine, tick: fine, [call]: fails } });
      pump.offer(entriesOf(0, 1));
      await clock.advance(1_000);
      expect(events).toEqual([`failed: Error: a fault in ${call}`]);
      expect(pump.session.signal.aborted).toBe(true);
      await pump.session.commit({ watermark: 1, base: 1 });
      expect(stored).toEqual([]);
      await pump.end('closed');
    });

    it('is no failure of a handler that gives up because of it', async () => {
      const pump = pumpOf({
        handler: {
          record: async (_, { signal }) => {
            await clock.sleep(1e9, signal);
            signal.throwIfAborted();
          },
          tick: () => Promise.resolve(),
        },
      });
      pump.offer(entriesOf(0));
      await turn();
      await pump.end('revoked');
      expect(events).toEqual([]);
    });
  });
});
