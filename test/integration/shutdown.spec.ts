import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../harness';
import { polledSlots } from '../support/node-oracle';
import { waitedMs } from '../support/own-time';
import { Place, polls, StopTimes } from '../support/place';
import { Program } from '../support/program';

const times = new StopTimes();

describe('A program that is told to stop', () => {
  let place: Place;

  beforeEach(async () => {
    place = await new Place().open();
  });
  afterEach(() => place.close());

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends on %s with status 0: a puller', async (signal) => {
    const puller = await place.start('pull');
    await polls(puller, 1);
    const { status, ms } = await times.ended(`pull, idle, ${signal}`, puller, signal);
    expect([status, ms < 2_000]).toEqual([0, true]);
  });

  it('gives up a poll that a hung HAProxy holds', async () => {
    place.haproxy.hung = true;
    const puller = await place.start('pull', '[pull]\npull-interval = 10\npull-timeout = 9');
    await eventually(() => expect(place.haproxy.asked).toBeGreaterThan(0), { withinMs: 60_000 });
    const { status, ms } = await times.ended('pull, HAProxy hung', puller);
    expect([status, ms < 2_000]).toEqual([0, true]);
  });

  it('is live and not ready until its end; gives a black-holed relay 5 s, and delivers the rest after a restart', async () => {
    place.relay.blackHole = true;
    const puller = await place.start('pull');
    await polls(puller, 2);
    await puller.stop();
    const processor = await place.start('process');
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(0), { withinMs: 60_000 });
    const stopped = times.ended('process, relay black-holed', processor);
    await sleep(1_500);
    expect([await place.get('/readyz'), await place.get('/healthz')]).toEqual(['503 stopping\n', '200 ok\n']);
    const { status, ms, clockMs } = await stopped;
    expect([status, clockMs > 4_000, ms < 9_000]).toEqual([0, true, true]);
    place.relay.blackHole = false;
    place.relay.slots.clear();
    await place.start('process');
    await eventually(() => expect([...place.relay.slots.keys()].sort()).toEqual(polledSlots(puller)));
    expect(place.relay.repeated).toEqual([]);
  });

  it('ends with status 1 at stop-timeout, and says what it waited for', async () => {
    place.relay.blackHole = true;
    await polls(await place.start('pull', '[pull]\nstatus-port = 0'), 1);
    const processor = await place.start('process', '[process]\nstop-timeout = 1');
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(0), { withinMs: 60_000 });
    const { status, ms } = await times.ended('process, relay black-holed, stop-timeout = 1', processor);
    expect([status, ms < 2_500]).toEqual([1, true]);
    expect(processor.log.at(-1)).toMatchObject({
      level: 'fatal',
      msg: 'did not end in order within 1 s; it waited for: role graphite to finish what is in hand',
    });
  });

  it('ends at once with status 1 when it is told a second time', async () => {
    place.relay.blackHole = true;
    await polls(await place.start('pull', '[pull]\nstatus-port = 0'), 1);
    const processor = await place.start('process');
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(0), { withinMs: 60_000 });
    processor.child.kill('SIGTERM');
    await eventually(() => expect(processor.lines('stopping')).toHaveLength(1));
    const { status, ms } = await times.ended('process, relay black-holed, second signal', processor);
    expect([status, ms < 2_000]).toEqual([1, true]);
    expect(processor.log.at(-1)!.msg).toBe('told to stop a second time: ended at once');
  });

  it.each(['idle', 'HAProxy hung', 'relay black-holed'])('ends a run, %s', async (trouble) => {
    place.haproxy.hung = trouble === 'HAProxy hung';
    place.relay.blackHole = trouble === 'relay black-holed';
    const run = await place.start('run');
    await eventually(() => expect(place.haproxy.asked).toBeGreaterThan(1), { withinMs: 60_000 });
    const { status, ms } = await times.ended(`run, ${trouble}`, run, 'SIGINT');
    expect([status, ms < (place.relay.blackHole ? 13_000 : 8_000)]).toEqual([0, true]);
  });

  it('ends a replay that nobody reads, with status 1: not all was replayed', async () => {
    const snapshots = join(place.directory, 'snapshots');
    const backends = Array.from({ length: 500 }, (_, i) => `pool${i},BACKEND,1,2,1,`);
    for (let second = 1_700_000_000; second < 1_700_000_060; second++) {
      await mkdir(join(snapshots, String(second)), { recursive: true });
      await writeFile(join(snapshots, `${second}/1.sock_info`), 'Tasks: 1\n');
      const rows = ['# pxname,svname,scur,stot,type,', ...backends].join('\n');
      await writeFile(join(snapshots, `${second}/1.sock_stat`), `${rows}\n`);
    }
    const replay = Program.startHere('haproxystats', 'replay', snapshots);
    // From here on it is in the middle of its work, and soon the pipe is full.
    await once(replay.child.stdout!, 'data');
    replay.child.stdout!.pause();
    await sleep(1_000);
    expect(replay.child.exitCode).toBeNull();
    const gone = once(replay.child, 'exit');
    replay.child.kill('SIGTERM');
    const ms = await waitedMs(gone);
    expect(await gone).toEqual([1, null]);
    times.note('replay, output not read', `${Math.round(ms)} ms, status 1`);
    expect(ms).toBeLessThan(6_000);
    replay.child.stdout!.resume();
    await replay.exited;
    expect(replay.complaints.join()).toContain('stopped before the end');
  });

  it('loses and repeats nothing when it is stopped and started again and again', async () => {
    const puller = await place.start('pull', '[pull]\nstatus-port = 0');
    for (let round = 0; round < 5; round++) {
      const processor = await place.start('process');
      await place.ready();
      await sleep(900 + 370 * round);
      const { status } = await times.ended(`process, at work, round ${round + 1}`, processor);
      expect(status).toBe(0);
    }
    await puller.stop();
    await place.start('process');
    await eventually(() => expect([...place.relay.slots.keys()].sort()).toEqual(polledSlots(puller)));
    expect(place.relay.repeated).toEqual([]);
  });

  it.each([
    ['Promise.reject(new Error("planted"))', 'unhandledRejection'],
    ['(() => { throw new Error("planted"); })()', 'uncaughtException'],
  ])('or that runs into %s, ends with status 1 and one line', async (fault, origin) => {
    const plant = join(place.directory, 'plant.cjs');
    await writeFile(plant, `setTimeout(() => ${fault}, 1500);`);
    process.env['NODE_OPTIONS'] = `--require ${plant}`;
    const puller = await place.start('pull').finally(() => delete process.env['NODE_OPTIONS']);
    expect(await puller.exited).toBe(1);
    expect(puller.log.filter(({ level }) => level === 'fatal')).toEqual([
      expect.objectContaining({ msg: 'ended by a fault that nothing caught: planted', origin }),
    ]);
    expect(puller.complaints).toEqual([]);
  });
});
