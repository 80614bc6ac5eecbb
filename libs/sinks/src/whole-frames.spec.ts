import { setImmediate as turn } from 'node:timers/promises';
import { frameRecords, type FramePart, type LogEntry, type LogRecord } from '@haproxystats/messaging';
import type { Frame } from '@haproxystats/metrics';
import fc from 'fast-check';
import { FakeClock } from '../../../test/support/fake-clock';
import { FakeSession } from '../../../test/support/fake-session';
import { column } from '../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../test/support/frames';
import { RecordedLog } from '../../../test/support/recorded-log';
import { FrameFeed } from './frame-feed';
import type { Delivery, Sink } from './sink';

const rows = 420;
const slot = 1_700_000_000_000;

/** A frame in three parts: numbers that do not compress. */
function frameOf(node: string, covered = 4): Frame {
  const names = Array.from({ length: rows }, (_, i) => `p${i}`);
  const columns = Array.from({ length: 600 }, (_, i) =>
    column(
      { name: `c${i}`, rule: 'sum' },
      'sum',
      names.map(() => Math.random()),
    ),
  );
  const head = frameHead({ node, slot, coverage: { covered, expected: 4 } });
  return { head, tables: [tableOf('frontend', names, columns)] };
}

/** Wants whole frames, and notes of each call whose parts it got. */
class WholeSink implements Sink {
  readonly name = 'whole';
  readonly wholeFrames = true;
  readonly calls: string[][] = [];
  readonly took: FramePart[] = [];
  behaviour: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  async deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    this.calls.push(
      parts.map(({ part, frame: { head } }) => `${head.node} ${head.coverage.covered} ${part}`),
    );
    await this.behaviour(signal);
    this.took.push(...parts);
    return { metrics: parts.map(() => 0), unfit: new Map() };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('FrameFeed of a sink that wants whole frames', () => {
  const a = frameRecords(frameOf('a'));
  const b = frameRecords(frameOf('b'));
  const better = frameRecords(frameOf('a', 4));
  const worse = frameRecords(frameOf('a', 3));
  let clock: FakeClock;
  let sink: WholeSink;
  let session: FakeSession;
  let feed: FrameFeed;
  let log: RecordedLog;
  let letGo: number;

  beforeEach(() => {
    log = new RecordedLog();
    sink = new WholeSink();
    session = new FakeSession();
    begin();
  });

  /** A program that has just started. */
  function begin(): void {
    letGo = 0;
    clock = new FakeClock();
    feed = new FrameFeed({ sink, clock, logger: log.logger, onLetGo: () => letGo++ });
  }

  async function read(...records: readonly (LogRecord | undefined)[]): Promise<void> {
    for (const record of records) await feed.record(session.entry(record!), session);
  }

  async function tick(): Promise<void> {
    await feed.tick(session);
    await turn();
  }

  it('gives it the parts in one call and in their order, and commits behind them', async () => {
    expect([a.length, b.length]).toEqual([3, 3]);
    await read(a[2], b[0], a[0], b[1], a[1], b[2]);
    await tick();
    expect(sink.calls.flat()).toEqual(['a 4 0', 'a 4 1', 'a 4 2', 'b 4 0', 'b 4 1', 'b 4 2']);
    expect(session.commits.at(-1)).toEqual({ watermark: 6, base: 6 });
  });

  it('commits what is delivered, and as base where the first frame begins that is not whole', async () => {
    await read(a[0], a[1], b[0], a[2]);
    await tick();
    expect(session.commits).toEqual([{ watermark: 4, base: 2 }]);
    await read(b[1]);
    await tick();
    expect(session.commits.at(-1)).toEqual({ watermark: 5, base: 2 });
    await read(b[2]);
    await tick();
    expect(session.commits.at(-1)).toEqual({ watermark: 6, base: 6 });
    expect(sink.calls.map((call) => call.length)).toEqual([3, 3]);
  });

  it('moves its base past a frame that does not become whole within a quarter of an hour of log time, and says so', async () => {
    await read(a[0], a[1], ...b);
    await tick();
    expect(session.commits.at(-1)).toEqual({ watermark: 5, base: 0 });
    session.time += 15 * 60_000;
    await tick();
    expect(letGo).toBe(1);
    expect(log.texts('info')).toEqual(['whole: a frame that did not become whole is passed over']);
    await read(...b);
    await tick();
    expect(session.commits.at(-1)!.base).toBe(session.commits.at(-1)!.watermark);
    expect(sink.calls.flat().every((part) => part.startsWith('b'))).toBe(true);
  });

  it('does not let a frame that never became whole keep one with less coverage away', async () => {
    await read(better[0], ...worse);
    await tick();
    expect(sink.calls).toEqual([['a 3 0', 'a 3 1', 'a 3 2']]);
    await read(better[1], better[2], ...worse);
    await tick();
    expect(sink.calls.slice(1)).toEqual([['a 4 0', 'a 4 1', 'a 4 2']]);
  });

  it('names each part by its own record where the sink cannot use the frame', async () => {
    const buried: number[] = [];
    sink.deliver = (parts) =>
      Promise.resolve({
        metrics: parts.map(() => 0),
        unfit: new Map(parts.map((_, i) => [i, new Error('no') as never])),
      });
    const deadLetters = {
      bury: ({ entry }: { entry: Pick<LogEntry, 'offset'> }) =>
        Promise.resolve((buried.push(entry.offset), 'kept' as const)),
    };
    feed = new FrameFeed({ sink, clock, logger: log.logger, deadLetters });
    await read(a[1], a[0], a[2]);
    await tick();
    expect(buried).toEqual([1, 0, 2]);
  });

  it('puts aside a record that cannot be read, but not again below the watermark', async () => {
    const broken = { ...a[0]!, value: Buffer.from('?') };
    await read(broken);
    await feed.record({ ...session.entry(broken), priming: true }, session);
    expect(log.texts('error')).toEqual(['whole: a frame that cannot be read is passed over']);
  });

  it('passes over a frame one part of which turns out to be damaged, and puts that part aside', async () => {
    const damaged = { ...a[1]!, value: Buffer.from(a[1]!.value) };
    damaged.value[damaged.value.length - 40]! ^= 1;
    const buried: number[] = [];
    const deadLetters = {
      bury: ({ entry }: { entry: Pick<LogEntry, 'offset'> }) =>
        Promise.resolve((buried.push(entry.offset), 'kept' as const)),
    };
    feed = new FrameFeed({ sink, clock, logger: log.logger, deadLetters });
    await read(a[0], damaged, a[2], ...b);
    await tick();
    expect(buried).toEqual([1]);
    expect(sink.calls.flat()).toEqual(['b 4 0', 'b 4 1', 'b 4 2']);
    expect(session.commits.at(-1)).toEqual({ watermark: 6, base: 6 });
  });

  describe('restarted anywhere', () => {
    const records = [a[0], b[0], a[1], b[1], a[2], worse[0], b[2], worse[1], worse[2]].map((each) => each!);

    /** The log, read by programs that end after so many records each, the last one at its end; what was not committed is read again. */
    async function readInLives(lives: readonly { reads: number; delivers: boolean }[]): Promise<void> {
      let position = { watermark: 0, base: 0 };
      for (const { reads, delivers } of [...lives, { reads: Infinity, delivers: true }]) {
        session = new FakeSession();
        sink.behaviour = delivers
          ? () => Promise.resolve()
          : (signal) => clock.sleep(1e9, signal).then(() => signal.throwIfAborted());
        begin();
        const end = Math.min(records.length, position.base + reads);
        for (let offset = position.base; offset < end; offset++) {
          const priming = offset < position.watermark;
          const entry = { ...session.entry(records[offset]!), offset, next: offset + 1, priming };
          await feed.record(entry, session);
          if (offset % 2 === 0) await tick();
        }
        await tick();
        position = session.commits.at(-1) ?? position;
        session.end();
        await Promise.allSettled(session.works);
      }
      expect(position.watermark).toBe(records.length);
    }

    it('loses no frame, and gives none in pieces', async () => {
      const life = fc.record({ reads: fc.integer({ min: 1, max: 9 }), delivers: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(life, { maxLength: 5 }), async (lives) => {
          sink = new WholeSink();
          await readInLives(lives);
          const taken = sink.took.map(({ part, frame }) => `${frame.head.node} ${part}`);
          expect(new Set(taken)).toEqual(new Set(['a 0', 'a 1', 'a 2', 'b 0', 'b 1', 'b 2']));
          for (const call of sink.calls)
            expect(call.map((part) => Number(part.at(-1)))).toEqual(call.map((_, i) => i % 3));
        }),
        { numRuns: 15 },
      );
    });
  });
});
