import type { FramePart } from '@haproxystats/messaging';
import { silentLogger, systemClock, type Clock } from '@haproxystats/runtime';
import { FakeRelay, honest } from '../../../../test/support/fake-relay';
import { column } from '../../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../../test/support/frames';
import { graphiteConfig } from '../../../../test/support/graphite-config';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { GraphiteLines } from './graphite-lines';
import { GraphiteSink, type GraphiteConfig } from './graphite.sink';

const signal = new AbortController().signal;
/** No time passes unless the test says so, and the same frame gives the same lines. */
let now = 0;
const clock: Clock = { ...systemClock, monotonic: () => now };

/** 64 KiB of lines hold about 1,000 of these rows. */
function partOf(value: number, rows = 5_000): FramePart {
  const names = Array.from({ length: rows }, (_, i) => `frontend-${i}`);
  const cells = names.map((_, i) => value * rows + i);
  const tables = [tableOf('frontend', names, [column('stot', 'sum', cells)])];
  return { part: 0, parts: 1, frame: { head: frameHead({ slot: value * 1_000 }), tables } };
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);

describe('GraphiteSink', () => {
  let relay: FakeRelay;
  let others: FakeRelay[];
  let config: GraphiteConfig;
  let failures: number[];
  let taken: number[];
  let log: RecordedLog;

  beforeEach(async () => {
    now = 0;
    others = [];
    relay = await FakeRelay.start();
    config = graphiteConfig({ address: relay.address });
    [failures, taken, log] = [[], [], new RecordedLog()];
  });

  afterEach(() => Promise.all([relay, ...others].map((each) => each.stop())));

  function sinkOf(change: Partial<GraphiteConfig> = {}): GraphiteSink {
    return new GraphiteSink(
      { ...config, ...change },
      {
        clock,
        logger: log.logger,
        onFailure: (position) => failures.push(position),
        onTaken: (position) => taken.push(position),
      },
    );
  }

  async function withOthers(count: number, change: Partial<GraphiteConfig> = {}): Promise<GraphiteSink> {
    for (let i = 0; i < count; i++) others.push(await FakeRelay.start());
    return sinkOf({ batchBytes: 1e7, failover: others.map(({ address }) => address), ...change });
  }

  /** What a frame is in lines. */
  function textOf(part: FramePart): string {
    const blocks = [...new GraphiteLines(config, { clock, logger: silentLogger }).of(part)];
    return Buffer.concat(blocks.map(({ bytes }) => bytes)).toString();
  }

  /** `{A}` stands for the relay that is preferred, `{B}`, `{C}` for the others. */
  function named(text: string): string {
    return [relay, ...others].reduce(
      (all, { address: { port } }, i) => all.replaceAll(`127.0.0.1:${port}`, `{${'ABC'[i]}}`),
      text,
    );
  }

  const refuse: FakeRelay['behave'] = (socket) => socket.destroy();

  it('sends every line once, in batches of a connection each, and counts them by part', async () => {
    const parts = [1, 2, 3].map((value) => partOf(value));
    const { metrics } = await sinkOf().deliver(parts, signal);
    const texts = parts.map(textOf);
    expect(Buffer.concat(relay.connections).toString()).toBe(texts.join(''));
    expect(metrics).toEqual(texts.map((text) => linesOf(text).length));
    expect(relay.connections.length).toBeGreaterThan(texts.length);
    expect(Math.max(...relay.connections.map(({ length }) => length))).toBeLessThanOrEqual(config.batchBytes);
    expect(taken.length).toBe(relay.connections.length);
  });

  it('sends the same again until it is taken, while another batch is on its way', async () => {
    const sink = sinkOf();
    let refusals = 3;
    relay.behave = (socket) => (refusals-- > 0 ? refuse(socket) : honest(socket));
    const parts = [4, 5].map((value) => partOf(value));
    await Promise.all(parts.map((part) => sink.deliver([part], signal)));
    await sink.deliver([partOf(6)], signal);
    const expected = [...parts, partOf(6)].flatMap((part) => linesOf(textOf(part)));
    expect([...new Set(relay.lines)].sort()).toEqual(expected.sort());
    expect(failures).toEqual([0, 0, 0]);
  });

  it('gets through to a relay that reads, but too slowly for a whole batch: it halves what it sends at once', async () => {
    // About 2 MB a second: a batch of 700 kB takes longer than the relay may.
    relay.behave = (socket) => {
      socket.on('data', () => {
        socket.pause();
        setTimeout(() => socket.resume(), 30);
      });
      honest(socket);
    };
    const { timeouts } = config;
    const sink = sinkOf({ batchBytes: 1e7, timeouts: { ...timeouts, writeMs: 100, closeMs: 100 } });
    const part = partOf(7, 10_000);
    const { metrics } = await sink.deliver([part], signal);
    expect(metrics).toEqual([linesOf(textOf(part)).length]);
    expect(failures.length).toBeGreaterThan(0);
    expect(new Set(relay.lines)).toEqual(new Set(linesOf(textOf(part))));
  });

  describe('with several relays', () => {
    const part = partOf(1, 100);
    const places = (): number[] => [relay, ...others].map(({ connections }) => connections.length);

    it('sends to the first alone as long as that takes metrics', async () => {
      const sink = await withOthers(2);
      await sink.deliver([part], signal);
      await sink.deliver([part], signal);
      expect(places()).toEqual([2, 0, 0]);
      expect(log.leveled()).toEqual([]);
    });

    it('sends to the next in order at once when one fails, and says so once', async () => {
      const sink = await withOthers(2, { retry: { firstMs: 1e9, factor: 1, maxMs: 1e9 } });
      relay.behave = others[0]!.behave = refuse;
      await sink.deliver([part], signal);
      expect(places()).toEqual([1, 1, 1]);
      await sink.deliver([part], signal);
      await sink.deliver([part], signal);
      expect(places()).toEqual([1, 1, 3]);
      expect(others[1]!.lines).toEqual([1, 2, 3].flatMap(() => linesOf(textOf(part))));
      expect(log.leveled().map(named)).toEqual(['warn: graphite: metrics go to {C} now, because {A} fails']);
      expect([failures, taken]).toEqual([
        [0, 1],
        [2, 2, 2],
      ]);
    });

    it('finds out with one batch each 30 s whether a relay before it is back', async () => {
      const sink = await withOthers(1);
      relay.behave = refuse;
      await sink.deliver([part], signal);
      now = 29_999;
      await sink.deliver([part], signal);
      expect(places()).toEqual([1, 2]);
      now = 30_000;
      await Promise.all([1, 2, 3].map(() => sink.deliver([part], signal)));
      expect(places()).toEqual([2, 5]);
      relay.behave = honest;
      now = 60_000;
      await sink.deliver([part], signal);
      await sink.deliver([part], signal);
      expect(places()).toEqual([4, 5]);
      expect(log.leveled().map(named)).toEqual([
        'warn: graphite: metrics go to {B} now, because {A} fails',
        'info: graphite: metrics go to {A} again, and no more to {B}',
      ]);
    });

    it('waits, says so once, and tries all of them again, when all fail', async () => {
      const sink = await withOthers(1);
      let refusals = 6;
      const sometimes: FakeRelay['behave'] = (socket) => (refusals-- > 0 ? refuse(socket) : honest(socket));
      relay.behave = others[0]!.behave = sometimes;
      await sink.deliver([part], signal);
      expect(failures).toEqual([0, 1, 0, 1, 0, 1]);
      expect(taken).toEqual([0]);
      expect(log.leveled().map(named)).toEqual([
        'warn: graphite takes no metrics; nothing is lost, trying on',
        'info: graphite {A} takes metrics again',
      ]);
    });

    it('sends a batch twice rather than never when a relay has read it and not acknowledged it', async () => {
      const sink = await withOthers(1);
      relay.behave = (socket) => socket.on('end', () => socket.resetAndDestroy());
      const { metrics } = await sink.deliver([part], signal);
      expect(relay.lines).toEqual(linesOf(textOf(part)));
      expect(others[0]!.lines).toEqual(linesOf(textOf(part)));
      expect(metrics).toEqual([linesOf(textOf(part)).length]);
    });

    it('stops in the middle of its order when it is told to', async () => {
      const sink = await withOthers(1);
      const stop = new AbortController();
      relay.behave = () => stop.abort(new Error('the session ended'));
      await expect(sink.deliver([part], stop.signal)).rejects.toThrow('the session ended');
      expect(places()).toEqual([1, 0]);
      expect([failures, taken]).toEqual([[], []]);
    });
  });
});
