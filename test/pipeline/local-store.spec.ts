import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { processorConfigOf, startProcessor, type Role, type RunningProcessor } from '@haproxystats/processor';
import { DirectoryLogWriter, rawRecords } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { eventually } from '../harness';
import { FakeRelay } from '../support/fake-relay';
import { loadConfig } from '../support/load-config';
import { RecordedLog } from '../support/recorded-log';

const slot = Math.floor(Date.now() / 10_000) * 10_000;

describe('the local store of a processor', () => {
  let directory: string;
  let relay: FakeRelay;
  let processors: RunningProcessor[];
  let registries: Registry[];
  let log: RecordedLog;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-store-'));
    [processors, registries, log] = [[], [], new RecordedLog()];
    relay = await FakeRelay.start();
  });

  afterEach(async () => {
    for (const processor of processors) await processor.close();
    await relay.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** A processor with the configuration that a user would write. */
  async function start(store: string, roles?: readonly Role[]): Promise<void> {
    const { port } = relay.address;
    const { settings, faults } = loadConfig(
      `[graphite]\nport = ${port}\nsettle = 0\n[process]\nsrc-dir = ${directory}/raw\n${store}`,
    );
    expect(faults).toEqual([]);
    const config = processorConfigOf(settings);
    const registry = new Registry();
    registries.push(registry);
    const ports = { registry, clock: systemClock, logger: log.logger };
    processors.push(await startProcessor({ ...config, roles: roles ?? config.roles }, ports));
  }

  const withStore = (): string => `[local-store]\ndir = ${directory}/store\n`;

  /** A poll of two processes; `stot` of the frontend is what the second says. */
  async function spool(time: number, stot: number): Promise<void> {
    const writer = await DirectoryLogWriter.open({
      path: join(directory, 'raw'),
      topic: 'haproxystats.raw.v1',
      maxEntries: 1_000,
      groups: ['haproxystats-node'],
      clock: systemClock,
      logger: silentLogger,
    });
    const reply = (process: string, value: number) => ({
      process,
      info: Buffer.from('Name: HAProxy\nTasks: 1\n'),
      stat: Buffer.from(`# pxname,svname,stot,type,\nweb,FRONTEND,${value},0,\n`),
    });
    const poll = { cluster: 'eu', node: 'lb1', source: 'puller-1', intervalMs: 10_000, failures: [] };
    await writer.append(
      'haproxystats.raw.v1',
      rawRecords({ ...poll, slot: time, startedAt: time, replies: [reply('p1', 1), reply('p2', stot)] }),
    );
    await writer.close();
  }

  const stored = (time: number): Promise<string> =>
    readFile(join(directory, 'store', String(time / 1000), 'lb1/stats'), 'utf8');

  /** The newest stays, also when all have it. */
  const left = async (): Promise<string[]> =>
    (await readdir(join(directory, 'raw.frames'))).filter((name) => name.endsWith('.rec'));

  /** Times differ from sink to sink. */
  const untimed = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => !line.includes('WallClockTime'))
      .sort();

  it('keeps what Graphite gets, slot by slot, where the configuration names a directory', async () => {
    await start(withStore());
    await spool(slot, 4);
    await spool(slot + 10_000, 9);
    await eventually(async () => expect(await stored(slot + 10_000)).toContain('frontend.web.stot 10 '));
    await eventually(() => expect(relay.text).toContain(`frontend.web.stot 10 ${slot / 1000 + 10}\n`));
    expect(untimed((await stored(slot)) + (await stored(slot + 10_000)))).toEqual(untimed(relay.text));
    await eventually(async () => expect(await left()).toHaveLength(1));
    const metrics = await registries[0]!.metrics();
    expect(metrics).toMatch(/^haproxystats_processor_local_store_frames_total 2$/m);
    expect(metrics).toMatch(/^haproxystats_processor_local_store_bytes \d{3,}$/m);
    expect(log.texts('warn', 'error')).toEqual([]);
  });

  it('holds back the frames that it has not kept yet, though Graphite has them', async () => {
    await start(withStore(), ['node', 'graphite']);
    expect(log.texts('warn', 'error')).toEqual([
      expect.stringMatching(/^role local-store is not among the roles here: another process must run it on /),
    ]);
    await spool(slot, 4);
    await spool(slot + 10_000, 6);
    await eventually(() => expect(relay.text).toContain('frontend.web.stot 7 '));
    expect(await left()).toHaveLength(2);
    await start(withStore(), ['local-store']);
    await eventually(async () => expect(await stored(slot + 10_000)).toContain('frontend.web.stot 7 '));
    await eventually(async () => expect(await left()).toHaveLength(1));
  });

  it('does not hold back Graphite where the oldest frames are to be dropped: the store counts what it never got', async () => {
    const options = 'frames-when-full = drop-oldest\n[pull]\nqueue-size = 2\n';
    await start(options + withStore(), ['node', 'graphite']);
    for (let n = 0; n < 5; n++) {
      await spool(slot + n * 10_000, n);
      await eventually(() => expect(relay.text).toContain(`frontend.web.stot ${n + 1} `));
    }
    await start(options + withStore(), ['local-store']);
    await eventually(async () => expect(await stored(slot + 40_000)).toContain('frontend.web.stot 5 '));
    const slots = await readdir(join(directory, 'store'));
    expect(slots.sort()).toEqual([3, 4].map((n) => String(slot / 1000 + n * 10)));
    const metrics = await registries.at(-1)!.metrics();
    expect(metrics).toMatch(/^haproxystats_processor_lost_records_total\{role="local-store"\} 3$/m);
  });

  it('holds back nothing where it is not configured', async () => {
    await start('');
    await spool(slot, 4);
    await spool(slot + 10_000, 6);
    await eventually(() => expect(relay.text).toContain('frontend.web.stot 7 '));
    await eventually(async () => expect(await left()).toHaveLength(1));
    expect(await readdir(directory)).not.toContain('store');
    expect(log.texts('warn', 'error')).toEqual([]);
  });

  it('keeps the processor from starting where its directory cannot be used', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(start(`[local-store]\ndir = ${directory}/file/store\n`)).rejects.toThrow(
      `'dir' of [local-store] cannot be used, ${directory}/file/store: ENOTDIR`,
    );
    await start('');
  });

  it('goes on where it stood, leaves the files of before and those of others', async () => {
    await start(withStore());
    await spool(slot, 4);
    await eventually(async () => expect(await stored(slot)).toContain('frontend.web.stot 5 '));
    const before = await stored(slot);
    await mkdir(join(directory, 'store/notes'));
    await processors.pop()!.close();
    await spool(slot + 10_000, 7);
    await start(withStore());
    await eventually(async () => expect(await stored(slot + 10_000)).toContain('frontend.web.stot 8 '));
    expect(await stored(slot)).toBe(before);
    expect(await readdir(join(directory, 'store'))).toContain('notes');
  });
});
