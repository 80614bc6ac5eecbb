import type { Poll, ProcessFailure } from '@haproxystats/haproxy';
import { silentLogger } from '@haproxystats/runtime';
import { Registry } from 'prom-client';
import { FakeClock } from '../../../test/support/fake-clock';
import {
  failure,
  FakePoller,
  FakeSource,
  FakeSpool,
  intervalMs,
  reply,
} from '../../../test/support/fake-pull-ports';
import { PullService, type PullPorts } from './pull.service';
import type { PullerConfig } from './puller.config';
import { pullerMetrics } from './puller.metrics';
import { phaseOf } from './time-grid';

const start = 1_700_000_000_000;
const phase = phaseOf('main', 'lb1', intervalMs);

const config = {
  cluster: 'main',
  node: 'lb1',
  socketDir: '/run/haproxy',
  intervalMs,
  queueSize: 3,
  whenFull: 'suspend',
  topic: 'raw',
  maxPolls: undefined,
} as PullerConfig;

interface Line {
  level: 'info' | 'warn' | 'error';
  fields: Record<string, unknown>;
  text: string;
}

function setUp(changes: Partial<PullerConfig> = {}, ports: Partial<PullPorts> = {}, lastSlot = 0) {
  const clock = new FakeClock(start);
  const spool = new FakeSpool();
  const poller = new FakePoller(clock);
  const source = Object.assign(new FakeSource(), { lastSlot });
  const registry = new Registry();
  const lines: Line[] = [];
  const heard = (level: Line['level']) => (first: Record<string, unknown> | string, text?: string) =>
    lines.push(
      typeof first === 'string' ? { level, fields: {}, text: first } : { level, fields: first, text: text! },
    );
  const logger = Object.assign(Object.create(silentLogger) as typeof silentLogger, {
    info: heard('info'),
    warn: heard('warn'),
    error: heard('error'),
  });
  const polled: Poll[] = [];
  const service = new PullService(
    { ...config, ...changes },
    {
      clock,
      logger,
      metrics: pullerMetrics(registry, {
        spoolDepth: () => spool.depth(),
        dropped: () => spool.dropped,
        refused: () => 0,
      }),
      poller,
      source,
      spool,
      encodePoll: (poll) => [{ key: 'main/lb1', headers: { slot: `${poll.slot}` }, value: Buffer.from('x') }],
      onPolled: (poll) => polled.push(poll),
      ...ports,
    },
  );
  const stop = new AbortController();
  const texts = (level: Line['level']) =>
    lines.filter((line) => line.level === level).map(({ text }) => text);
  const metric = async (name: string) => {
    const found = await registry.getSingleMetric(`haproxystats_puller_${name}`)!.get();
    return Object.fromEntries(found.values.map(({ labels, value }) => [Object.values(labels).join(), value]));
  };
  return { clock, spool, poller, source, lines, texts, metric, polled, service, stop };
}

describe('PullService', () => {
  it('counts what the poll came to behind masters', async () => {
    const { clock, poller, service, stop, metric } = setUp();
    poller.masters = { oldWorkers: 3, leftOut: 2, failures: 1 };
    const running = service.run(stop.signal);
    await clock.advance(15_000);
    stop.abort();
    await running;
    const polls = poller.turns.length;
    expect(polls).toBeGreaterThan(1);
    expect(await metric('old_workers')).toEqual({ '': 3 });
    expect(await metric('old_workers_left_out_total')).toEqual({ '': 2 * polls });
    expect(await metric('master_failures_total')).toEqual({ '': polls });
  });

  it('counts the questions about new columns that were not answered', async () => {
    const { clock, poller, service, stop, metric } = setUp();
    poller.tagFailures = 2;
    const running = service.run(stop.signal);
    await clock.advance(15_000);
    stop.abort();
    await running;
    expect(await metric('tag_failures_total')).toEqual({ '': 2 });
  });

  it('asks about new columns while it waits for the next slot, and polls in time whatever comes of it', async () => {
    const { clock, poller, polled, service, stop } = setUp();
    poller.learnTakes = 60_000;
    const running = service.run(stop.signal);
    await clock.advance(35_000);
    const slots = [start, start + 10_000, start + 20_000, start + 30_000];
    expect(polled.map(({ startedAt }) => startedAt)).toEqual(slots.map((slot) => slot + phase));
    expect(poller.learns.slice(1, 3)).toEqual([
      { at: phase + 100, limitMs: 9_900 },
      { at: phase + 10_100, limitMs: 9_900 },
    ]);
    stop.abort();
    await running;
    expect(clock.monotonic()).toBe(35_000);
  });

  it('polls on where asking about new columns fails by a fault of its own', async () => {
    const { clock, poller, spool, service, stop, lines } = setUp({ maxPolls: 2 });
    poller.learnFault = new Error('a bug');
    const running = service.run(stop.signal);
    await clock.advance(20_000);
    await running;
    expect(stop.signal.aborted).toBe(false);
    expect(spool.appended).toHaveLength(2);
    expect(lines).toContainEqual({
      level: 'error',
      fields: { err: poller.learnFault },
      text: 'HAProxy could not be asked how its new columns combine; no poll is lost by that',
    });
  });

  it('polls each slot once, at the phase of its node, and spools each poll in one append', async () => {
    const { clock, spool, poller, polled, service, stop, lines, metric } = setUp();
    const running = service.run(stop.signal);
    await clock.advance(35_000);
    stop.abort();
    await running;
    const slots = [start, start + 10_000, start + 20_000, start + 30_000];
    expect(poller.turns.map(({ slot }) => slot)).toEqual(slots);
    expect(spool.slots).toEqual(slots.map(String));
    expect(spool.appended.every(({ topic, records }) => topic === 'raw' && records.length === 1)).toBe(true);
    expect(polled.map(({ slot }) => slot)).toEqual(slots);
    expect(polled.map(({ startedAt }) => startedAt)).toEqual(slots.map((slot) => slot + phase));
    expect(lines).toHaveLength(4);
    expect(lines[0]).toEqual({
      level: 'info',
      fields: { node: 'lb1', slot: start, covered: 1, expected: 1, bytes: 24, ms: 100 },
      text: 'polled 1 of 1 processes',
    });
    expect(await metric('polls_total')).toMatchObject({ whole: 4, partial: 0 });
    expect(await metric('reply_bytes_total')).toEqual({ '': 96 });
  });

  it('stops after maxPolls', async () => {
    const { clock, spool, service, stop } = setUp({ maxPolls: 2 });
    const running = service.run(stop.signal);
    await clock.advance(60_000);
    await running;
    expect(spool.appended).toHaveLength(2);
  });

  it('drops the poll under way when it is stopped', async () => {
    const { clock, spool, poller, service, stop, lines } = setUp();
    poller.takes = 5000;
    const running = service.run(stop.signal);
    await clock.advance(phase + 1000);
    expect(poller.turns).toHaveLength(1);
    stop.abort();
    await running;
    expect(spool.appended).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('never overlaps polls: an overrun leaves slots out and counts them', async () => {
    const { clock, poller, spool, service, stop, texts, metric } = setUp();
    poller.takes = 24_000;
    const running = service.run(stop.signal);
    await clock.advance(phase + 24_000);
    poller.takes = 100;
    await clock.advance(10_000);
    stop.abort();
    await running;
    expect(spool.slots).toEqual([`${start}`, `${start + 30_000}`]);
    expect(texts('warn')).toEqual([expect.stringContaining('2 slots were left out')]);
    expect(await metric('skipped_slots_total')).toEqual({ '': 2 });
  });

  it('is suspended while the spool is full: said once, counted each time', async () => {
    const { clock, poller, spool, service, stop, texts, metric } = setUp();
    spool.waiting = 3;
    const running = service.run(stop.signal);
    await clock.advance(25_000);
    expect(poller.turns).toEqual([]);
    expect(texts('warn')).toEqual([expect.stringMatching(/holds 3 polls, queue-size is 3.*suspended/)]);
    expect(await metric('suspended_total')).toEqual({ '': 3 });
    for (const waiting of [2, 3, 2]) {
      spool.waiting = waiting;
      await clock.advance(10_000);
    }
    expect(texts('warn')).toHaveLength(1);
    spool.waiting = 1;
    await clock.advance(10_000);
    stop.abort();
    await running;
    expect(spool.appended).toHaveLength(3);
    expect(texts('warn').slice(1)).toEqual(['the spool has room again: 4 slots were not polled']);
    expect(await metric('suspended_total')).toEqual({ '': 4 });
  });

  it('goes on where a full spool drops its oldest polls, which are counted', async () => {
    const { clock, spool, service, stop, texts, metric } = setUp({ whenFull: 'drop-oldest' });
    spool.waiting = 3;
    spool.dropped = 7;
    const running = service.run(stop.signal);
    await clock.advance(25_000);
    stop.abort();
    await running;
    expect(spool.appended).toHaveLength(3);
    expect(texts('warn')).toEqual([]);
    expect([await metric('dropped_polls_total'), await metric('suspended_total')]).toEqual([
      { '': 7 },
      { '': 0 },
    ]);
  });

  it('names a process when it begins to fail, when the reason changes, and when it is back', async () => {
    const { clock, poller, service, stop, texts, metric } = setUp();
    const running = service.run(stop.signal);
    for (const reasons of [['refused'], ['refused'], ['timeout'], []] as ProcessFailure['reason'][][]) {
      poller.failures = reasons.map((reason) => failure('/b', reason));
      poller.replies = reasons.length > 0 ? [reply('/a')] : [reply('/a'), reply('/b')];
      await clock.advance(10_000);
    }
    stop.abort();
    await running;
    expect(texts('warn')).toEqual([
      'process /b gives no statistics: it is refused',
      'process /b gives no statistics: it is timeout',
      'process /b is back',
    ]);
    expect(texts('info').slice(0, 2)).toEqual(['polled 1 of 2 processes', 'polled 1 of 2 processes']);
    expect(await metric('process_failures_total')).toMatchObject({ refused: 2, timeout: 1, denied: 0 });
    expect(await metric('polls_total')).toMatchObject({ partial: 3, whole: 1 });
  });

  it('spools a poll without any answer: which processes failed is news too', async () => {
    const { clock, poller, spool, service, stop, metric } = setUp({ maxPolls: 1 });
    poller.replies = [];
    poller.failures = [failure('/a')];
    const running = service.run(stop.signal);
    await clock.advance(10_000);
    await running;
    expect(spool.appended).toHaveLength(1);
    expect(await metric('polls_total')).toMatchObject({ none: 1 });
  });

  it('finds no socket: an error said once, counted each time, and nothing written', async () => {
    const { clock, poller, spool, service, stop, texts, metric } = setUp({ maxPolls: 3 });
    poller.replies = [];
    const running = service.run(stop.signal);
    await clock.advance(30_000);
    await running;
    expect(spool.appended).toEqual([]);
    expect(texts('error')).toEqual([
      expect.stringMatching(/no stats socket to poll in socket-dir \/run\/haproxy/),
    ]);
    expect(await metric('polls_total')).toMatchObject({ 'no-sockets': 3 });
    expect(service.ready).toBe(false);
  });

  it('passes on what the poller notices, once', async () => {
    const { clock, poller, service, stop, texts } = setUp({ maxPolls: 3 });
    poller.notices = [{ key: '/b', state: '/a', text: '/b and /a are one' }];
    const running = service.run(stop.signal);
    await clock.advance(30_000);
    await running;
    expect(texts('warn')).toEqual(['/b and /a are one']);
  });

  it('tells which node and how many tags a poll had no room for, once, and counts each', async () => {
    const none = [{ key: 'main/lb1', headers: {}, value: Buffer.from('x') }];
    let leaves = 0;
    const { clock, poller, service, stop, texts, metric } = setUp(
      {},
      {
        encodePoll: (_, onTagsLeftOut) => {
          if (leaves > 0) onTagsLeftOut(leaves);
          return none;
        },
      },
    );
    poller.replies = [reply('/a'), reply('/b')];
    const running = service.run(stop.signal);
    for (leaves of [0, 300, 310, 0, 5]) await clock.advance(10_000);
    stop.abort();
    await running;
    const told = (tags: number): string =>
      `node lb1: the tags of ${tags} columns that this program does not know have no room beside the names of its 2 processes: ` +
      'they are left out where several processes are combined; poll fewer sockets per node, or ones with shorter names';
    expect(texts('warn')).toEqual([told(300), told(5)]);
    expect(await metric('tags_left_out_total')).toEqual({ '': 615 });
  });

  it('loses only the poll that cannot be spooled, aloud, and goes on', async () => {
    const { clock, spool, service, stop, lines, metric } = setUp();
    spool.refuse = new Error('no space left');
    const running = service.run(stop.signal);
    await clock.advance(10_000);
    spool.refuse = undefined;
    await clock.advance(10_000);
    stop.abort();
    await running;
    expect(spool.slots).toEqual([`${start + 10_000}`]);
    expect(lines[0]).toMatchObject({
      level: 'error',
      fields: { err: new Error('no space left'), slot: start },
    });
    expect(await metric('polls_total')).toMatchObject({ failed: 1, whole: 1 });
  });

  it('takes a new source when the clock goes back and stays there', async () => {
    const { clock, poller, service, stop, texts } = setUp();
    const running = service.run(stop.signal);
    await clock.advance(10_000);
    clock.jump(-3_600_000);
    await clock.advance(50_000);
    stop.abort();
    await running;
    const [first, ...later] = poller.turns;
    expect(first).toMatchObject({ slot: start, source: 'source-0' });
    expect(later.length).toBeGreaterThan(0);
    expect(later.every(({ slot, source }) => slot < start && source === 'source-1')).toBe(true);
    expect(texts('warn')).toEqual([expect.stringContaining('polling goes on as a new source')]);
  });

  it('takes no slot of an earlier run again under the same id, though the clock went back meanwhile', async () => {
    const { clock, poller, service, source, stop, texts, metric } = setUp({}, {}, start + 60_000);
    const running = service.run(stop.signal);
    await clock.advance(29_000);
    expect(poller.turns).toEqual([]);
    await clock.advance(21_000);
    stop.abort();
    await running;
    expect(poller.turns.length).toBeGreaterThan(0);
    expect(poller.turns.every((turn) => turn.source === 'source-1')).toBe(true);
    expect(source.taken).toEqual(poller.turns.map(({ slot }) => slot));
    expect(texts('warn')).toEqual([expect.stringContaining('polling goes on as a new source')]);
    expect(await metric('skipped_slots_total')).toEqual({ '': 0 });
  });

  it('polls also where it cannot be stored which slot was taken', async () => {
    const { clock, poller, service, source, stop, texts } = setUp();
    source.refuse = new Error('the disk is away');
    const running = service.run(stop.signal);
    await clock.advance(5_000);
    stop.abort();
    await running;
    expect(poller.turns).toHaveLength(1);
    expect(texts('warn')).toEqual([`cannot store that slot ${start} is taken; it is polled all the same`]);
  });

  it('is ready while polls were spooled in the last 3 intervals', async () => {
    const { clock, spool, service, stop } = setUp();
    expect(service.ready).toBe(false);
    const running = service.run(stop.signal);
    await clock.advance(phase + 100);
    expect(service.ready).toBe(true);
    spool.waiting = 99;
    await clock.advance(30_000);
    expect(service.ready).toBe(true);
    await clock.advance(1);
    expect(service.ready).toBe(false);
    stop.abort();
    await running;
  });
});
