import { setTimeout as delay } from 'node:timers/promises';
import { frameRecords, type FramePart } from '@haproxystats/messaging';
import type { Frame, FrameHead } from '@haproxystats/metrics';
import { silentLogger, systemClock, type Clock, type Logger } from '@haproxystats/runtime';
import { eventually } from '../../../test/harness/eventually';
import { FakeSession } from '../../../test/support/fake-session';
import { column } from '../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../test/support/frames';
import { leftOpen, openResources } from '../../../test/support/open-resources';
import { waitedMs } from '../../../test/support/own-time';
import { RecordedLog } from '../../../test/support/recorded-log';
import { FrameFeed } from './frame-feed';
import type { Sink } from './sink';

/** A sink with a receiver of its own, which nobody else uses, and which takes all it gets at first. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** All lines that the receiver has, each as often as it has it, in the order of their arrival where it knows that; also what it got and refused. */
  received(): Promise<readonly string[]>;
  /** From now on the receiver refuses what comes. */
  refuse(): Promise<void>;
  /** From now on it takes what comes again. */
  accept(): Promise<void>;
  dispose(): Promise<void>;
}

export interface SinkPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onFailure: () => void;
}

/** Sleeps that a sink takes after failures, so that a test need not wait for them. */
const waitMs = 2;
/** No wait is longer, and none of those after many failures is shorter than 5 s. */
const longestWaitMs = 30_000;
/** How long a sink may take to give up. */
const stopMs = 1_000;

/** What every sink promises (sink.ts, frame-feed.ts), as tests. */
export function describeSink(name: string, makeSink: (ports: SinkPorts) => Promise<SinkUnderTest>): void {
  describe(`${name} as a Sink`, () => {
    let under: SinkUnderTest;
    let failures: number;
    let waits: number[];
    let log: RecordedLog;
    const never = new AbortController().signal;

    beforeEach(async () => {
      [failures, waits, log] = [0, [], new RecordedLog()];
      // Of the time a sink wants to sleep it gets little, and the test sees how much it wanted.
      const sleep: Clock['sleep'] = (ms, signal) => {
        if (ms >= 500) waits.push(ms);
        return systemClock.sleep(Math.min(ms, waitMs), signal);
      };
      under = await makeSink({
        clock: { ...systemClock, wall: () => slotMs, monotonic: () => 0, sleep },
        logger: log.logger,
        onFailure: () => failures++,
      });
    });

    afterEach(async () => {
      await under.sink.close();
      await under.dispose();
    });

    /** What the receiver would show: of lines of one path and time the last one. */
    async function shown(): Promise<Map<string, string>> {
      const lines = (await under.received()).map((line) => line.split(' '));
      return new Map(lines.map(([path, value, time]) => [`${path} ${time}`, value!]));
    }

    /** The values of the test's own metric, by node. */
    async function values(): Promise<string[]> {
      const all = [...(await shown())].filter(([path]) => path.includes('.stot '));
      return all.map(([path, value]) => `${path.split('.')[1]} ${value}`).sort();
    }

    it('delivers each frame once when nothing fails, and counts its metrics', async () => {
      const parts = ['a', 'b', 'c'].map((node) => partOf(node, 1));
      const { metrics, unfit } = await under.sink.deliver(parts, never);
      const lines = await under.received();
      expect(await values()).toEqual(['a 1', 'b 1', 'c 1']);
      expect(new Set(lines).size).toBe(lines.length);
      expect(metrics).toHaveLength(3);
      expect(metrics.reduce((sum, count) => sum + count)).toBe(lines.length);
      expect([unfit.size, failures, log.texts('warn', 'error')]).toEqual([0, 0, []]);
    });

    it('takes the parts of frames in any order, or whole frames if it wants them', async () => {
      const a = partsOf('a', 3);
      const b = partsOf('b', 2);
      for (const parts of under.sink.wholeFrames
        ? [[...b, ...a]]
        : [
            [a[2]!, b[1]!],
            [a[0]!, b[0]!, a[1]!],
          ])
        await under.sink.deliver(parts, never);
      expect(await values()).toEqual(['a 0', 'a 1', 'a 2', 'b 0', 'b 1']);
    });

    it('takes a frame without rows, and nothing at all', async () => {
      const bare = { part: 0, parts: 1, frame: { head: headOf('a', 0), tables: [] } };
      expect((await under.sink.deliver([bare, partOf('b', 1)], never)).metrics).toHaveLength(2);
      expect((await under.sink.deliver([], never)).metrics).toEqual([]);
      expect(await values()).toEqual(['b 1']);
    });

    it('tries for ever, with waits that grow to a bound and differ, and tells the first failure and few others', async () => {
      await under.refuse();
      const delivery = under.sink.deliver([partOf('a', 1)], never);
      await eventually(() => expect(failures).toBeGreaterThan(60));
      await under.accept();
      await delivery;
      expect(await values()).toEqual(['a 1']);
      expect(log.texts('warn', 'error').length).toBeGreaterThanOrEqual(2);
      expect(log.texts('warn', 'error').length).toBeLessThanOrEqual(failures / 10 + 1);
      expect(waits.length).toBeGreaterThan(30);
      expect(Math.max(...waits)).toBeLessThanOrEqual(longestWaitMs);
      expect(Math.min(...waits.slice(10))).toBeGreaterThanOrEqual(5_000);
      expect(new Set(waits).size).toBeGreaterThan(waits.length / 2);
    });

    it('makes each part whole in its receiver however often it was interrupted', async () => {
      const nodes = Array.from({ length: 8 }, (_, i) => `n${i}`);
      const delivery = Promise.all(nodes.map((node) => under.sink.deliver([partOf(node, 1)], never)));
      for (let i = 0; i < 5; i++) {
        await under.refuse();
        await delay(3);
        await under.accept();
      }
      await delivery;
      expect(await values()).toEqual(nodes.map((node) => `${node} 1`));
    });

    it.each(['at once', 'while it waits for its next try', 'while others wait behind it'])(
      'ends when it is told to, %s, and leaves nothing open',
      async (when) => {
        await under.refuse();
        const before = openResources();
        const stop = new AbortController();
        const reason = new Error('the session ended');
        if (when === 'at once') stop.abort(reason);
        const count = when === 'while others wait behind it' ? 8 : 1;
        const deliveries = Array.from({ length: count }, () =>
          under.sink.deliver([partOf('a', 1)], stop.signal),
        );
        const ends = Promise.allSettled(deliveries);
        if (when !== 'at once') await eventually(() => expect(failures).toBeGreaterThan(2));
        stop.abort(reason);
        expect(await waitedMs(ends)).toBeLessThan(stopMs);
        for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason });
        await eventually(() => expect(leftOpen(before)).toEqual([]), { everyMs: 5 });
      },
    );

    it('loses of a frame that it cannot make into its form only that', async () => {
      const parts = [partOf('a', 1), unfitPart('b'), partOf('c', 1)];
      const { metrics, unfit } = await under.sink.deliver(parts, never);
      expect([...unfit.keys()]).toEqual([1]);
      expect(unfit.get(1)!.message).toMatch(/frame of b, slot 17/);
      expect(metrics[1]).toBe(0);
      expect(await values()).toEqual(['a 1', 'c 1']);
      expect(failures).toBe(0);
    });

    describe('behind its feed', () => {
      let session: FakeSession;
      let feed: FrameFeed;

      beforeEach(() => {
        session = new FakeSession();
        feed = new FrameFeed({ sink: under.sink, clock: systemClock, logger: silentLogger });
      });

      async function read(...frames: Frame[]): Promise<void> {
        for (const frame of frames) {
          for (const record of frameRecords(frame)) await feed.record(session.entry(record), session);
        }
      }

      /** All that was read and could be delivered has been. */
      async function done(): Promise<void> {
        await feed.tick(session);
        await Promise.all(session.works);
      }

      it('commits nothing that was not delivered', async () => {
        await read(frameOf('a', 1));
        await done();
        expect(session.committed).toBe(1);
        await under.refuse();
        await read(frameOf('b', 1));
        await feed.tick(session);
        await eventually(() => expect(failures).toBeGreaterThan(3));
        expect(session.committed).toBe(1);
        await under.accept();
        await done();
        expect(session.committed).toBe(2);
        expect(await values()).toEqual(['a 1', 'b 1']);
      });

      it('commits nothing when the session ends in the middle', async () => {
        await under.refuse();
        await read(frameOf('a', 1));
        await feed.tick(session);
        await eventually(() => expect(failures).toBeGreaterThan(0));
        session.end();
        await Promise.allSettled(session.works);
        expect(session.commits).toEqual([]);
      });

      it('never lets a lower coverage follow a higher one: in one batch, and in the next', async () => {
        await read(frameOf('a', 3), frameOf('a', 4), frameOf('a', 2));
        await done();
        await read(frameOf('a', 3));
        await done();
        expect(await values()).toEqual(['a 4']);
      });

      it('nor of two batches on their way, however often each is tried', async () => {
        await under.refuse();
        await read(frameOf('a', 3, full), frameOf('b', 4, full), frameOf('a', 4, full), frameOf('c', 4));
        await feed.tick(session);
        await eventually(() => expect(failures).toBeGreaterThan(10));
        await under.accept();
        await done();
        const lines = (await under.received()).filter((line) => /\.a\..*\.p0\.stot /.test(line));
        expect(lines.map((line) => line.split(' ')[1])).toEqual(
          [...lines].map((_, i) => (i < lines.length - 1 ? '3' : '4')),
        );
        expect(new Set(await values())).toEqual(new Set(['a 4', 'b 4', 'c 4']));
        expect(session.committed).toBe(4);
      });
    });
  });
}

const slotMs = 1_700_000_000_000;
/** Rows of a frame that is a batch for itself. */
const full = 3_000;

function headOf(node: string, covered: number): FrameHead {
  return frameHead({ node, slot: slotMs, coverage: { covered, expected: 4 } });
}

/** A frame whose values say how many processes it covers. */
function frameOf(node: string, covered: number, rows = 1): Frame {
  const names = Array.from({ length: rows }, (_, i) => `p${i}`);
  const cells = names.map(() => covered);
  return {
    head: headOf(node, covered),
    tables: [tableOf('frontend', names, [column('stot', 'sum', cells)])],
  };
}

function partOf(node: string, covered: number): FramePart {
  return { part: 0, parts: 1, frame: frameOf(node, covered) };
}

/** The parts of one frame, a row each, whose value is the part's number. */
function partsOf(node: string, parts: number): FramePart[] {
  return Array.from({ length: parts }, (_, part) => ({
    part,
    parts,
    frame: {
      head: headOf(node, 4),
      tables: [tableOf('frontend', [`p${part}`], [column('stot', 'sum', [part])])],
    },
  }));
}

/** A column that breaks its promise. */
function unfitPart(node: string): FramePart {
  const { frame, ...part } = partOf(node, 1);
  const broken = { ...column('stot', 'sum', [1]), present: undefined as unknown as Uint8Array };
  return { ...part, frame: { ...frame, tables: [tableOf('frontend', ['p0'], [broken])] } };
}
