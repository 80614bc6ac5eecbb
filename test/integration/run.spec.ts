import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Registry } from 'prom-client';
import { processorConfigOf } from '@haproxystats/processor';
import { pullerConfigOf } from '@haproxystats/puller';
import { loadSettings, silentLogger, systemClock } from '@haproxystats/runtime';
import { startDemoFleet, startReceiver, type DemoFleet } from '../../apps/haproxystats/src/demo';
import { startEmbedded } from '../../apps/haproxystats/src/run/embedded';
import { eventually, freePort } from '../harness';
import { describeWithHaproxyBinary } from '../support/haproxy-binary';
import { Program } from '../support/program';
import { counters, pathOf, sumStats } from '../support/show-stat';

const ports = { clock: systemClock, logger: silentLogger };

/** Polls the fleet three times into a receiver of ours; answers the receiver's bytes. */
async function polledThrice(fleet: DemoFleet, directory: string): Promise<string> {
  const bytes: Buffer[] = [];
  const raw = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes.push(chunk);
      done();
    },
  });
  const receiver = await startReceiver({ raw });
  const { settings } = loadSettings({ env: {} });
  const pull = { ...settings.pull, node: 'demo', 'socket-dir': fleet.socketDirectory };
  const graphite = { ...settings.graphite, port: receiver.port };
  const process = {
    ...settings.process,
    'src-dir': join(directory, 'raw'),
    'frames-dir': join(directory, 'frames'),
  };
  const puller = pullerConfigOf({ ...settings, pull });
  const embedded = await startEmbedded(
    {
      puller: { ...puller, intervalMs: 1_000, maxPolls: 3, sourceFile: join(directory, 'source') },
      processor: processorConfigOf({ ...settings, process, graphite }),
    },
    { ...ports, registry: new Registry(), onReport: () => undefined, onWaiting: () => undefined },
  );
  await embedded.ended;
  await embedded.drained(AbortSignal.timeout(20_000));
  await embedded.close();
  await receiver.close();
  return Buffer.concat(bytes).toString();
}

/** Every counter of every entity of `show stat` against the last line of its path. */
async function compare(fleet: DemoFleet, text: string): Promise<void> {
  const last = new Map(text.split('\n').map((line) => line.split(' ') as [string, string]));
  const sockets = (await readdir(fleet.socketDirectory)).map((name) => join(fleet.socketDirectory, name));
  expect(sockets.length).toBe(fleet.processes);
  const sums = await sumStats(sockets);
  const proxies = new Set([...sums.keys()].map((entity) => entity.split(' ')[0]));
  expect([...proxies].sort()).toEqual([...fleet.proxies].sort());
  const wrong: string[] = [];
  let traffic = 0;
  for (const [entity, row] of sums) {
    for (const counter of counters) {
      const expected = row.get(counter);
      if (expected === undefined) continue;
      const path = pathOf('loadbalancers.demo.haproxy', entity, counter);
      if (last.get(path) !== String(expected))
        wrong.push(`${path}: ${last.get(path)} came, ${expected} is the sum`);
      traffic += expected;
    }
  }
  expect(wrong).toEqual([]);
  expect(traffic).toBeGreaterThan(0);
  expect(last.get('loadbalancers.demo.haproxy.coverage.covered')).toBe(String(fleet.processes));
}

describe('the embedded pipeline', () => {
  let directory: string;
  let fleet: DemoFleet | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-embedded-'));
  });
  afterEach(async () => {
    await fleet?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function comparedWith(options: { haproxyBinary?: false }): Promise<void> {
    fleet = await startDemoFleet({ ...ports, directory, ...options });
    expect(fleet.kind).toBe(options.haproxyBinary === false ? 'simulator' : 'haproxy');
    await systemClock.sleep(3_000);
    await fleet.stopTraffic();
    await compare(fleet, await polledThrice(fleet, directory));
  }

  it('brings every proxy of the simulated demo fleet to the receiver, equal to show stat', () =>
    comparedWith({ haproxyBinary: false }));

  describeWithHaproxyBinary('with real HAProxy', () => {
    it('brings every proxy of the demo fleet to the receiver, equal to show stat', () => comparedWith({}));
  });
});

describe('haproxystats run', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hs-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('shows polls and lines, and ends by itself with everything delivered', async () => {
    const program = Program.start('haproxystats', 'run', '--polls', '3', '--interval', '2');
    expect(await program.exited).toBe(0);
    expect(program.output).toMatch(/^ +loadbalancers\.[\w-]+\.haproxy\.frontend\.\w+\.bin \d+ \d+$/m);
    expect(program.output.match(/ 2 of 2 /g)?.length).toBe(3);
    expect(program.output).toMatch(/3 polls in [\d.]+ s: 3 complete, 0 partial/);
    expect(program.complaints).toEqual([]);
  });

  it('shows no demo where the file that was named is not there', async () => {
    const program = Program.start('haproxystats', 'run', '-f', join(directory, 'mistyped.conf'));
    expect(await program.exited).toBe(1);
    expect(program.complaints).toEqual([`${directory}/mistyped.conf: there is no such file`]);
  });

  function startedIn(temporary: string, ...args: string[]): Program {
    process.env['TMPDIR'] = temporary;
    const program = Program.start('haproxystats', 'run', ...args);
    delete process.env['TMPDIR'];
    return program;
  }

  it('says what is wrong when its demo cannot start, and leaves nothing behind', async () => {
    const temporary = join(directory, 'a-directory-whose-name-is-too-long-for-a-socket-to-lie-in-it');
    await mkdir(temporary);
    const program = startedIn(temporary);
    expect(await program.exited).toBe(1);
    expect(program.log.at(-1)?.msg).toContain('is too long for a socket: set TMPDIR to a shorter directory');
    expect(await readdir(temporary)).toEqual([]);
  });

  it('ends in order on Ctrl-C, and leaves no file behind', async () => {
    const temporary = await mkdtemp(join(directory, 't'));
    const program = startedIn(temporary, '--interval', '1');
    await eventually(() => expect(program.output).toMatch(/ 2 of 2 /), { withinMs: 60_000 });
    expect(await readdir(temporary)).not.toEqual([]);
    expect(await program.stop('SIGINT')).toBe(0);
    expect(program.output).toContain('0 lost');
    expect(await readdir(temporary)).toEqual([]);
  });

  it('waits for a relay that somebody has written, and does not take its place', async () => {
    const port = await freePort();
    const file = join(directory, 'haproxystats.conf');
    await writeFile(file, `[graphite]\nport = ${port}\ninterval = 0.2\n`);
    const program = Program.start('haproxystats', 'run', '-f', file, '--polls', '2', '--interval', '2');
    await eventually(
      () => expect(program.output).toContain(`the relay on 127.0.0.1:${port}, which does not answer yet`),
      { withinMs: 60_000 },
    );
    await eventually(
      () => expect(program.output).toMatch(/^waiting for \d polls? to be delivered, at most \d+ s; Ctrl-C/m),
      { withinMs: 60_000 },
    );
    const relay = await startReceiver({ port });
    expect(await program.exited).toBe(0);
    expect(program.output).toMatch(/2 complete, 0 partial/);
    expect(program.output).not.toContain(' lost');
    expect(relay.lines).toBeGreaterThan(1_000);
    await relay.close();
  });

  it('says what it has not delivered when it is told to stop while the relay is away', async () => {
    const file = join(directory, 'away.conf');
    await writeFile(file, `[graphite]\nport = ${await freePort()}\n`);
    const program = Program.start('haproxystats', 'run', '-f', file, '--interval', '1');
    await eventually(() => expect(program.output).toMatch(/^\d+ polls? waits? for the relay on 127\.0/m), {
      withinMs: 60_000,
    });
    expect(await program.stop('SIGINT')).toBe(0);
    expect(program.output).toMatch(/^0 polls in .*\n\d+ more polls not delivered: gone with the demo$/m);
  });

  it('ends with status 1 where no socket was there to poll', async () => {
    const file = join(directory, 'empty.conf');
    await writeFile(file, `[pull]\nsocket-dir = ${await mkdtemp(join(directory, 'empty'))}\n`);
    const program = Program.start('haproxystats', 'run', '-f', file, '--polls', '2', '--interval', '0.5');
    expect(await program.exited).toBe(1);
    expect(program.log.at(-1)?.msg).toContain('nothing was polled: no stats socket was there at any time');
  });

  it('keeps what it polls as files, where a local store is configured', async () => {
    const store = join(directory, 'store');
    const file = join(directory, 'store.conf');
    await writeFile(file, `[local-store]\ndir = ${store}\n`);
    const program = Program.start('haproxystats', 'run', '-f', file, '--polls', '2', '--interval', '2');
    expect(await program.exited).toBe(0);
    const files = (await readdir(store, { recursive: true })).filter((name) => name.endsWith('/stats'));
    const texts = await Promise.all(files.map((name) => readFile(join(store, name), 'utf8')));
    expect(texts.map((text) => /coverage\.complete (\d)/.exec(text)?.[1])).toEqual(['1', '1']);
    expect(program.output).toMatch(/2 polls in [\d.]+ s: 2 complete/);
  });

  it.each([
    [['--polls', '0'], 'a number of polls'],
    [['--interval', 'fast'], 'seconds from'],
  ])('refuses %j', async (args, message) => {
    const program = Program.start('haproxystats', 'run', ...args);
    expect(await program.exited).toBe(1);
    expect(program.complaints.join('\n')).toContain(message);
  });
});
