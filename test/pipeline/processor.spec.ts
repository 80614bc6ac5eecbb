import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import {
  processorConfigOf,
  startProcessor,
  type ProcessorConfig,
  type ProcessorPorts,
  type RunningProcessor,
} from '@haproxystats/processor';
import { DirectoryLogWriter, rawRecords } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { eventually } from '../harness';
import { FakeRelay, honest } from '../support/fake-relay';
import { loadConfig } from '../support/load-config';
import { OwnTime } from '../support/own-time';
import { RecordedLog } from '../support/recorded-log';

const slot = Math.floor(Date.now() / 10_000) * 10_000;

const info = Buffer.from('Tasks: 1\n');
const replyOf = (process: string, stat: string) => ({ process, info, stat: Buffer.from(stat) });
const plain = replyOf('p1', '# pxname,svname,stot,type,\nweb,FRONTEND,1,0,\n');

describe('the processor', () => {
  let directory: string;
  let relay: FakeRelay;
  let processors: RunningProcessor[];
  let log: RecordedLog;
  let registry: Registry;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-processor-'));
    processors = [];
    log = new RecordedLog();
    relay = await FakeRelay.start();
  });

  afterEach(async () => {
    for (const processor of processors) await processor.close();
    await relay.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function start(
    roles: ProcessorConfig['roles'] = ['node', 'graphite'],
    ports: Pick<ProcessorPorts, 'onDelivered'> = {},
    change: Partial<ProcessorConfig> = {},
  ): Promise<RunningProcessor> {
    const defaults = processorConfigOf(loadConfig('').settings);
    registry = new Registry();
    const config: ProcessorConfig = {
      ...defaults,
      roles,
      topicPrefix: 'hs',
      groupPrefix: 'hs',
      rawDirectory: join(directory, 'raw'),
      framesDirectory: join(directory, 'frames'),
      maxFrames: 10,
      graphite: {
        ...defaults.graphite,
        address: relay.address,
        timeouts: { connectMs: 20_000, writeMs: 20_000, closeMs: 20_000, settleMs: 5 },
        retry: { firstMs: 50, factor: 2, maxMs: 200 },
      },
      ...change,
    };
    const processor = await startProcessor(config, {
      registry,
      clock: systemClock,
      logger: log.logger,
      ...ports,
    });
    processors.push(processor);
    return processor;
  }

  async function spool(replies = [plain]): Promise<void> {
    const writer = await DirectoryLogWriter.open({
      path: join(directory, 'raw'),
      topic: 'hs.raw.v1',
      maxEntries: 10,
      groups: ['hs-node'],
      clock: systemClock,
      logger: silentLogger,
    });
    await writer.append(
      'hs.raw.v1',
      rawRecords({
        cluster: 'eu',
        node: 'lb1',
        source: 'puller-1',
        slot,
        intervalMs: 10_000,
        startedAt: slot,
        replies,
        failures: [],
      }),
    );
    await writer.close();
  }

  it('that dies of a fault in a role fails with that fault itself', async () => {
    await spool();
    const fault = new Error('a fault of ours', { cause: new Error('its cause') });
    const processor = await start(['node', 'graphite'], {
      onDelivered: () => {
        throw fault;
      },
    });
    await expect(processor.failure).rejects.toBe(fault);
    expect(log.leveled('warn', 'error')).toEqual([
      `error: the reader for group hs-graphite of the log in ${join(directory, 'frames')} has failed`,
    ]);
  });

  it('counts what merging leaves out or cannot take exactly, and names the columns', async () => {
    const rows = `# pxname,svname,stot,type,mode,fresh,\nweb,FRONTEND,9100000000000000000,0,${'x'.repeat(2_000)},3,\n`;
    await spool([replyOf('p1', rows), replyOf('p2', rows)]);
    await start();
    await eventually(() => expect(relay.text).toContain('.frontend.web.stot '));
    const metrics = await registry.metrics();
    for (const [name, count] of Object.entries({
      dropped_columns: '1',
      dropped_texts: '2',
      inexact_values: '[1-9]',
    }))
      expect(metrics).toMatch(new RegExp(`^haproxystats_processor_${name}_total ${count}$`, 'm'));
    expect(log.leveled('warn', 'error')).toEqual([
      expect.stringMatching(/^warn: node lb1: left out, because nobody knows how to combine .*: fresh\. /),
    ]);
  });

  it('counts what its sinks get merged with other semantics than they are set to, and says so', async () => {
    await spool();
    const localStore = { directory: join(directory, 'store'), retentionMs: 3_600_000, maxBytes: 1_000_000 };
    await start(['node', 'graphite', 'local-store'], {}, { semantics: 'classic', localStore });
    const counted = /^haproxystats_processor_other_semantics_frames_total 2$/m;
    await eventually(async () => expect(await registry.metrics()).toMatch(counted));
    await eventually(() => expect(relay.text).toContain('.frontend.web.stot 1 '));
    const warning =
      /^warn: node lb1: its frames are merged with semantics = classic, but semantics here is exact/;
    expect(log.leveled('warn', 'error')).toEqual([
      expect.stringMatching(warning),
      expect.stringMatching(warning),
    ]);
  });

  it('that is closed while a relay keeps it waiting gives it 5 s, says what it waits for, and complains of nothing', async () => {
    relay.behave = () => undefined;
    await spool();
    const processor = await start();
    await eventually(() => expect(relay.text).toContain('.frontend.web.stot 1 '));
    const begun = performance.now();
    const time = new OwnTime();
    const closed = processor.close();
    await eventually(() =>
      expect(processor.waitingFor()).toEqual(['role graphite to finish what is in hand']),
    );
    await closed;
    time.stop();
    expect([performance.now() - begun > 4_500, time.now() < 7_000]).toEqual([true, true]);
    expect(log.leveled('warn', 'error')).toEqual([]);
  }, 15_000);

  it('that is closed while a relay takes its time lets it finish, and has nothing left to do when it starts again', async () => {
    const held: Socket[] = [];
    relay.behave = (socket) => held.push(socket);
    await spool();
    const processor = await start();
    await eventually(() => expect(relay.text).toContain('.frontend.web.stot 1 '));
    const closed = processor.close();
    relay.behave = honest;
    for (const socket of held) socket.end();
    await closed;
    const before = relay.text;
    const again = await start();
    await eventually(() => expect(again.notReady()).toEqual([]));
    await eventually(() => expect(again.delivered()).toBe(true));
    await again.close();
    expect(relay.text).toBe(before);
  });

  it('may run its roles as processes of their own; the one that writes says who must read', async () => {
    await spool();
    await start(['graphite']);
    expect(log.leveled('warn', 'error')).toEqual([]);
    await start(['node']);
    await eventually(() => expect(relay.text).toContain('.frontend.web.stot 1 '));
    expect(log.leveled('warn', 'error')).toHaveLength(1);
    expect(log.leveled('warn', 'error')[0]).toMatch(
      /^warn: role graphite is not among the roles here: another process must run it on /,
    );
    expect(log.leveled('warn', 'error')[0]).toContain(join(directory, 'frames'));
  });

  it('frees what it took where it does not start', async () => {
    await start(['node']);
    await expect(start(['node'])).rejects.toThrow(join(directory, 'frames'));
    await processors.pop()!.close();
    await start(['node']);
  });
});
