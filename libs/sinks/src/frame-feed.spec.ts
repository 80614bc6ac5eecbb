import { setImmediate as turn } from 'node:timers/promises';
import { frameRecords, type FramePart } from '@haproxystats/messaging';
import type { Frame } from '@haproxystats/metrics';
import { FakeClock } from '../../../test/support/fake-clock';
import { FakeSession } from '../../../test/support/fake-session';
import { column } from '../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../test/support/frames';
import { RecordedLog } from '../../../test/support/recorded-log';
import { FrameFeed } from './frame-feed';
import { UnfitFrameError, type Delivery, type Sink } from './sink';

const slot = 1_700_000_000_000;

function frameOf(node: string, { covered = 4, rows = 10 } = {}): Frame {
  const names = Array.from({ length: rows }, (_, i) => `p${i}`);
  const cells = names.map(() => 0);
  return {
    head: frameHead({ node, slot, coverage: { covered, expected: 4 } }),
    tables: [tableOf('frontend', names, [column('stot', 'sum', cells)])],
  };
}

/** Notes the names of what it is given, and has it when the test says so. */
class FakeSink implements Sink {
  readonly name = 'fake';
  readonly batches: string[][] = [];
  unfit: Delivery['unfit'] = new Map();
  behaviour: (batch: number, signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  async deliver(parts: readonly FramePart[], signal: AbortSignal): Promise<Delivery> {
    const count = this.batches.push(
      parts.map(({ frame: { head } }) => `${head.node} ${head.coverage.covered}`),
    );
    await this.behaviour(count - 1, signal);
    return { metrics: parts.map(() => 1), unfit: this.unfit };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('FrameFeed', () => {
  let clock: FakeClock;
  let sink: FakeSink;
  let session: FakeSession;
  let feed: FrameFeed;
  let log: RecordedLog;

  beforeEach(() => {
    clock = new FakeClock();
    sink = new FakeSink();
    session = new FakeSession();
    log = new RecordedLog();
    feed = new FrameFeed({ sink, clock, logger: log.logger });
  });

  async function read(...frames: Frame[]): Promise<void> {
    for (const frame of frames) {
      for (const record of frameRecords(frame)) await feed.record(session.entry(record), session);
    }
  }

  /** Fills a batch each: more than 3,000 rows. */
  const large = (node: string, covered = 4): Frame => frameOf(node, { covered, rows: 3_000 });

  async function tick(): Promise<void> {
    await feed.tick(session);
    await turn();
  }

  const offsets = (): number[] => session.commits.map(({ watermark }) => watermark);

  it('sends at once what came when the input turns idle, and commits it', async () => {
    await read(frameOf('a'), frameOf('b'));
    expect(sink.batches).toEqual([]);
    await tick();
    expect(sink.batches).toEqual([['a 4', 'b 4']]);
    expect(session.commits).toEqual([{ watermark: 2, base: 2 }]);
    await tick();
    expect(offsets()).toEqual([2]);
  });

  it('collects under load until there are 3,000 rows', async () => {
    session.idle = false;
    for (let i = 0; i < 6; i++) {
      await read(frameOf(`n${i}`, { rows: 350 }));
      await tick();
    }
    expect(sink.batches.map((batch) => batch.length)).toEqual([5]);
    expect(offsets()).toEqual([5]);
  });

  it('or for 2 s, by the time of its first record', async () => {
    session.idle = false;
    await read(frameOf('a'));
    await clock.advance(1_900);
    await read(frameOf('b'));
    await tick();
    expect(sink.batches).toEqual([]);
    await clock.advance(100);
    await tick();
    await read(frameOf('c'));
    await clock.advance(2_000);
    await read(frameOf('d'));
    expect(sink.batches).toEqual([
      ['a 4', 'b 4'],
      ['c 4', 'd 4'],
    ]);
  });

  it('passes over what cannot be read and what is known with more coverage, and commits past it', async () => {
    await read(frameOf('a'));
    const [record] = frameRecords(frameOf('b'));
    await feed.record(session.entry({ ...record!, value: Buffer.from('?') }), session);
    await read(frameOf('a', { covered: 3 }));
    await tick();
    await read(frameOf('a', { covered: 2 }));
    await tick();
    expect(sink.batches).toEqual([['a 4']]);
    expect(offsets()).toEqual([3, 4]);
    expect(log.texts('error')).toEqual(['fake: a frame that cannot be read is passed over']);
  });

  it('puts aside what the sink cannot use, by its record, and commits past it', async () => {
    const buried: number[] = [];
    const delivered: string[] = [];
    const unreadable = jest.fn();
    feed = new FrameFeed({
      sink,
      clock,
      logger: log.logger,
      deadLetters: { bury: ({ entry }) => Promise.resolve((buried.push(entry.offset), 'kept')) },
      onUnreadable: unreadable,
      onDelivered: (parts) => delivered.push(...parts.map(({ frame }) => frame.head.node)),
    });
    await read(frameOf('a'));
    await tick();
    sink.unfit = new Map([[1, new UnfitFrameError('no lines')]]);
    await read(frameOf('b'), frameOf('c'), frameOf('d'));
    await tick();
    expect(buried).toEqual([2]);
    expect(unreadable).toHaveBeenCalledTimes(1);
    expect(delivered).toEqual(['a', 'b', 'd']);
    expect(offsets()).toEqual([1, 4]);
  });

  it('keeps a slow receiver busy with 4 batches at once: 4 times the throughput of one at a time, in order', async () => {
    let now = 0;
    let most = 0;
    sink.behaviour = async () => {
      most = Math.max(most, ++now);
      await clock.sleep(700);
      now--;
    };
    const reading = read(...Array.from({ length: 16 }, (_, i) => large(`n${i}`)));
    await clock.advance(4 * 700);
    await reading;
    await turn();
    expect(most).toBe(4);
    expect(offsets()).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });

  it('reads no further while 4 full batches are on their way and a fifth is full', async () => {
    sink.behaviour = () => clock.sleep(1_000);
    let done = 0;
    const reading = (async () => {
      for (let i = 0; i < 6; i++) {
        await read(large(`n${i}`));
        done++;
      }
    })();
    await clock.advance(900);
    expect(done).toBe(4);
    await clock.advance(1_200);
    await reading;
  });

  it('sends fewer at once when they are larger', async () => {
    sink.behaviour = () => clock.sleep(1_000);
    const reading = read(...Array.from({ length: 4 }, (_, i) => frameOf(`n${i}`, { rows: 5_500 })));
    await clock.advance(900);
    expect(sink.batches.length).toBe(2);
    await clock.advance(1_200);
    await reading;
  });

  it('lets a small batch grow while 4 are on their way', async () => {
    sink.behaviour = () => clock.sleep(1_000);
    for (let i = 0; i < 4; i++) await read(large(`n${i}`));
    await read(frameOf('a'));
    await tick();
    await read(frameOf('b'));
    await clock.advance(1_000);
    await tick();
    expect(sink.batches.at(-1)).toEqual(['a 4', 'b 4']);
  });

  it('holds back the commits behind a batch that is late', async () => {
    const first = Promise.withResolvers<undefined>();
    sink.behaviour = async (batch) => {
      if (batch === 0) await first.promise;
    };
    await read(large('a'), large('b'), large('c'));
    await tick();
    expect(sink.batches.length).toBe(3);
    expect(offsets()).toEqual([]);
    first.resolve(undefined);
    await turn();
    expect(offsets()).toEqual([1, 2, 3]);
  });

  it('does not send a higher coverage of a slot before the lower one has arrived', async () => {
    sink.behaviour = () => clock.sleep(700);
    await read(large('a', 3), large('b'), large('a', 4), large('a', 4));
    await clock.advance(600);
    expect(sink.batches).toEqual([['a 3'], ['b 4']]);
    await clock.advance(200);
    expect(sink.batches).toEqual([['a 3'], ['b 4'], ['a 4'], ['a 4']]);
  });

  it('commits nothing that was not delivered when the session ends', async () => {
    sink.behaviour = async (batch, signal) => {
      if (batch > 0) {
        await clock.sleep(1e9, signal);
        signal.throwIfAborted();
      }
    };
    await read(large('a'), large('b'), large('c'));
    await turn();
    session.end();
    await turn();
    await turn();
    expect(offsets()).toEqual([1]);
  });

  it('tells its reader of a fault of the sink, while waiting for room as well', async () => {
    sink.behaviour = (batch) =>
      batch === 1
        ? clock.sleep(10).then(() => Promise.reject(new Error('a fault of ours')))
        : clock.sleep(1e9);
    await read(large('a'), large('b'), large('c'), large('d'));
    const waiting = expect(read(large('e'))).rejects.toThrow('a fault of ours');
    await clock.advance(10);
    await waiting;
    await expect(feed.tick(session)).rejects.toThrow('a fault of ours');
    expect(offsets()).toEqual([]);
  });
});
