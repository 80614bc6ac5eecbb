import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, eventually, freePort, type KafkaServer, type RedisServer } from '../harness';
import { HandMadeHAProxy, HandMadeRelay } from '../support/hand-made-servers';
import { polledSlots } from '../support/node-oracle';
import { Program } from '../support/program';

const measured: string[] = [];
afterAll(() => process.stderr.write(`time from SIGTERM to the end:\n${measured.join('\n')}\n`));

/** Everything that a node and its programs need, in one directory, with what surrounds them in the test's hand. */
class Place {
  readonly haproxy = new HandMadeHAProxy();
  readonly relay = new HandMadeRelay();
  readonly #programs: Program[] = [];
  statusPort = 0;
  directory!: string;

  async open(): Promise<this> {
    this.directory = await mkdtemp(join(tmpdir(), 'haproxystats-stop-'));
    await mkdir(join(this.directory, 'sockets'));
    await this.haproxy.listen({ path: join(this.directory, 'sockets/1.sock') });
    await this.relay.listen({ host: '127.0.0.1', port: 0 });
    this.statusPort = await freePort();
    return this;
  }

  async start(name: 'pull' | 'process' | 'run', more = ''): Promise<Program> {
    const file = join(this.directory, 'haproxystats.conf');
    const directory = join(this.directory, `${name}-${this.#programs.length}`);
    await mkdir(directory);
    await Promise.all([writeFile(file, this.#base()), writeFile(join(directory, 'more.conf'), more)]);
    const args = ['-f', file, '-d', directory];
    const program =
      name === 'run' ? Program.start('haproxystats', 'run', ...args) : Program.start(name, ...args);
    this.#programs.push(program);
    return program;
  }

  async get(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.statusPort}${path}`);
    return `${response.status} ${await response.text()}`;
  }

  async ready(): Promise<void> {
    await eventually(async () => expect(await this.get('/readyz')).toBe('200 ready\n'), { withinMs: 60_000 });
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop('SIGKILL')));
    await Promise.all([this.haproxy.close(), this.relay.close()]);
    await rm(this.directory, { recursive: true, force: true });
  }

  #base(): string {
    return `[paths]
base-dir = ${this.directory}/lib
[pull]
node = lb1
socket-dir = ${this.directory}/sockets
pull-interval = 1
pull-timeout = 0.9
status-port = ${this.statusPort}
[process]
status-port = ${this.statusPort}
src-dir = ${this.directory}/lib/incoming
[graphite]
server = 127.0.0.1
port = ${this.relay.port}
interval = 0.2
`;
  }
}

/** Stops it; notes how long that took, and answers its status with the time in ms. */
async function ended(what: string, program: Program, signal: NodeJS.Signals = 'SIGTERM') {
  const begun = performance.now();
  const status = await program.stop(signal);
  const ms = Math.round(performance.now() - begun);
  measured.push(`  ${what.padEnd(64)} ${String(ms).padStart(6)} ms, status ${status}`);
  expect(program.complaints).toEqual([]);
  return { status, ms };
}

const polls = (program: Program, count: number) =>
  eventually(() => expect(polledSlots(program).length).toBeGreaterThanOrEqual(count), { withinMs: 20_000 });

describeWith([], 'A program that is told to stop', () => {
  let place: Place;

  beforeEach(async () => {
    place = await new Place().open();
  });
  afterEach(() => place.close());

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends on %s with status 0: a puller', async (signal) => {
    const puller = await place.start('pull');
    await polls(puller, 1);
    const { status, ms } = await ended(`pull, idle, ${signal}`, puller, signal);
    expect([status, ms < 2_000]).toEqual([0, true]);
  });

  it('gives up a poll that a hung HAProxy holds', async () => {
    place.haproxy.hung = true;
    const puller = await place.start('pull', '[pull]\npull-interval = 10\npull-timeout = 9');
    await eventually(() => expect(place.haproxy.asked).toBeGreaterThan(0), { withinMs: 20_000 });
    const { status, ms } = await ended('pull, HAProxy hung', puller);
    expect([status, ms < 2_000]).toEqual([0, true]);
  });

  it('is live and not ready until its end; gives a black-holed relay 5 s, and delivers the rest after a restart', async () => {
    place.relay.blackHole = true;
    const puller = await place.start('pull');
    await polls(puller, 2);
    await puller.stop();
    const processor = await place.start('process');
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(0), { withinMs: 20_000 });
    const stopped = ended('process, relay black-holed', processor);
    await sleep(1_500);
    expect([await place.get('/readyz'), await place.get('/healthz')]).toEqual(['503 stopping\n', '200 ok\n']);
    const { status, ms } = await stopped;
    expect([status, ms > 4_000, ms < 9_000]).toEqual([0, true, true]);
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
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(0), { withinMs: 20_000 });
    const { status, ms } = await ended('process, relay black-holed, stop-timeout = 1', processor);
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
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(0), { withinMs: 20_000 });
    processor.child.kill('SIGTERM');
    await eventually(() => expect(processor.lines('stopping')).toHaveLength(1));
    const { status, ms } = await ended('process, relay black-holed, second signal', processor);
    expect([status, ms < 500]).toEqual([1, true]);
    expect(processor.log.at(-1)!.msg).toBe('told to stop a second time: ended at once');
  });

  it.each(['idle', 'HAProxy hung', 'relay black-holed'])('ends a run, %s', async (trouble) => {
    place.haproxy.hung = trouble === 'HAProxy hung';
    place.relay.blackHole = trouble === 'relay black-holed';
    const run = await place.start('run');
    await eventually(() => expect(place.haproxy.asked).toBeGreaterThan(1), { withinMs: 20_000 });
    const { status, ms } = await ended(`run, ${trouble}`, run, 'SIGINT');
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
    const replay = Program.start('haproxystats', 'replay', snapshots);
    replay.child.stdout!.pause();
    await sleep(2_500);
    expect(replay.child.exitCode).toBeNull();
    const begun = performance.now();
    const gone = once(replay.child, 'exit');
    replay.child.kill('SIGTERM');
    expect(await gone).toEqual([1, null]);
    measured.push(`  replay, output not read: ${Math.round(performance.now() - begun)} ms, status 1`);
    expect(performance.now() - begun).toBeLessThan(3_000);
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
      const { status } = await ended(`process, at work, round ${round + 1}`, processor);
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

describeWith(['kafka', 'redis'], 'A program of a fleet', (servers) => {
  let kafka: KafkaServer;
  let redis: RedisServer;
  let place: Place;
  let fleet: string;

  beforeAll(async () => {
    [kafka, redis] = await Promise.all([servers.kafka(), servers.redis()]);
  });
  beforeEach(async () => {
    place = await new Place().open();
    const prefix = `stop${Date.now()}`;
    fleet = `[kafka]\nbrokers = ${kafka.brokers.join()}\ntopic-prefix = ${prefix}\ngroup-prefix = ${prefix}\nsession-timeout = 6\n[redis]\nurl = ${redis.url}\n`;
    const file = join(place.directory, 'topics.conf');
    await writeFile(file, fleet);
    expect(await Program.start('haproxystats', 'topics', '-f', file).exited).toBe(0);
  });
  afterEach(async () => {
    await Promise.all([kafka.resume(), redis.resume()].map((each) => each.catch(() => undefined)));
    await place.close();
  });

  const away = { dead: ['kill', 'start'], paused: ['pause', 'resume'] } as const;

  it('loses and repeats nothing when each role, and the puller, is stopped and started again and again', async () => {
    const slots: number[] = [];
    let puller = await place.start('pull', `${fleet}[pull]\nstatus-port = 0`);
    for (const roles of ['node, graphite', 'node', 'graphite', 'node, graphite']) {
      const processor = await place.start('process', `${fleet}[process]\nroles = ${roles}`);
      await place.ready();
      await sleep(1_700);
      expect(await ended(`process with Kafka, roles ${roles}`, processor)).toMatchObject({ status: 0 });
      expect(await ended('pull with Kafka', puller)).toMatchObject({ status: 0 });
      slots.push(...polledSlots(puller));
      puller = await place.start('pull', `${fleet}[pull]\nstatus-port = 0`);
    }
    await puller.stop();
    slots.push(...polledSlots(puller));
    await place.start('pull', `${fleet}[pull]\nsocket-dir = ${place.directory}\nstatus-port = 0`);
    await place.start('process', fleet);
    await eventually(() => expect([...place.relay.slots.keys()].sort()).toEqual(slots), { withinMs: 60_000 });
    measured.push(`  ${slots.length} polls, ${place.relay.repeated.length} delivered twice`);
    expect(place.relay.repeated).toEqual([]);
  });

  it.each(['dead', 'paused'] as const)('ends while the broker is %s', async (how) => {
    const [leave, back] = away[how];
    const puller = await place.start('pull', `${fleet}[pull]\nstatus-port = 0`);
    const processor = await place.start('process', fleet);
    await place.ready();
    await polls(puller, 2);
    await kafka[leave]();
    await polls(puller, polledSlots(puller).length + 3);
    const [pull, process] = await Promise.all([
      ended(`pull, backlog, broker ${how}`, puller),
      ended(`process, broker ${how}`, processor),
    ]);
    const unknown = await place.start('process', fleet);
    await sleep(3_000);
    const never = await ended(`process, broker ${how} from its start`, unknown);
    await kafka[back]();
    expect([pull, process, never].map(({ status, ms }) => [status, ms < 20_000])).toEqual(
      Array.from({ length: 3 }, () => [0, true]),
    );
  });

  it.each(['dead', 'paused'] as const)('ends while Redis is %s', async (how) => {
    const [leave, back] = away[how];
    await polls(await place.start('pull', `${fleet}[pull]\nstatus-port = 0`), 1);
    const processor = await place.start('process', fleet);
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(1), { withinMs: 60_000 });
    await redis[leave]();
    const before = place.relay.slots.size;
    await eventually(() => expect(place.relay.slots.size).toBeGreaterThan(before + 1), { withinMs: 20_000 });
    const { status, ms } = await ended(`process, Redis ${how}`, processor);
    await redis[back]();
    expect([status, ms < 8_000]).toEqual([0, true]);
  });

  it('whose consumer cannot go on ends with status 1 and says why in one line', async () => {
    const tooShort = fleet.replace('session-timeout = 6', 'session-timeout = 1');
    const processor = await place.start('process', tooShort);
    expect(await processor.exited).toBe(1);
    const fatal = processor.log.filter(({ level }) => level === 'fatal').map(({ msg }) => msg);
    expect(fatal).toEqual([expect.stringMatching(/^ended by a fault: .*session timeout/i)]);
  });
});
