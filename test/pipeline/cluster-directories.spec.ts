import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { DirectoryLogWriter, rawRecords } from '@haproxystats/messaging';
import { processorConfigOf, startProcessor, type Role, type RunningProcessor } from '@haproxystats/processor';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { eventually } from '../harness';
import { FakeRelay } from '../support/fake-relay';
import { loadConfig } from '../support/load-config';
import { RecordedLog } from '../support/recorded-log';

const interval = 1_000;
const slot = Math.floor(Date.now() / interval) * interval;

describe('the cluster role over directories', () => {
  let directory: string;
  let relay: FakeRelay;
  let registry: Registry;
  let log: RecordedLog;
  const processors: RunningProcessor[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-cluster-'));
    relay = await FakeRelay.start();
    registry = new Registry();
    log = new RecordedLog();
  });
  afterEach(async () => {
    for (const processor of processors.splice(0)) await processor.close();
    await relay.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function start(roles: readonly Role[]): Promise<void> {
    const { settings } = loadConfig(
      `[process]\nsrc-dir = ${directory}/raw\nroles = ${roles.join(', ')}\n[cluster]\nname = eu\n[graphite]\nserver = ${relay.address.host}\nport = ${relay.address.port}\n`,
    );
    const config = processorConfigOf(settings);
    processors.push(await startProcessor(config, { registry, clock: systemClock, logger: log.logger }));
  }

  async function spool(nodes: Readonly<Record<string, number>>): Promise<void> {
    const path = join(directory, 'raw');
    const ports = { clock: systemClock, logger: silentLogger };
    const topic = 'haproxystats.raw.v1';
    const writer = await DirectoryLogWriter.open({
      path,
      topic,
      maxEntries: 10,
      groups: ['haproxystats-node'],
      ...ports,
    });
    for (const [node, stot] of Object.entries(nodes)) {
      const stat = Buffer.from(`# pxname,svname,stot,type,\nweb,FRONTEND,${stot},0,\n`);
      const replies = [{ process: 'p1', info: Buffer.from('Tasks: 1\n'), stat }];
      const about = { cluster: 'eu', node, source: node, slot, intervalMs: interval, startedAt: slot };
      await writer.append(topic, rawRecords({ ...about, replies, failures: [] }));
    }
    await writer.close();
  }

  it('sends the sums of nodes where it is asked for, and lets go of all that it has read', async () => {
    await spool({ lb1: 1, lb2: 20 });
    await start(['node', 'cluster', 'graphite']);
    await eventually(() => expect(relay.text).toContain('clusters.eu.haproxy.frontend.web.stot 21 '), {
      withinMs: 20_000,
    });
    expect(relay.text).toContain('.lb1.haproxy.frontend.web.stot 1 ');
    await eventually(async () => {
      const metrics = await registry.metrics();
      for (const topic of ['frames.node.v1', 'frames.cluster.v1'])
        expect(metrics).toMatch(
          new RegExp(`lag_records\\{role="graphite",topic="${topic}",partition="0"\\} 0$`, 'm'),
        );
      expect(metrics).toMatch(/lag_records\{role="cluster",topic="frames.node.v1",partition="0"\} 0$/m);
      expect(metrics).toMatch(/cluster_frames_total\{coverage="complete"\} 1$/m);
    });
    expect(log.texts('warn', 'error')).toEqual([]);
  });

  it('makes no directory and changes nothing where it is not', async () => {
    await spool({ lb1: 1, lb2: 20 });
    await start(['node', 'graphite']);
    await eventually(() => expect(relay.text).toContain('.lb2.haproxy.frontend.web.stot 20 '));
    expect((await readdir(directory)).sort()).toEqual(['raw', 'raw.frames']);
    expect(await registry.metrics()).not.toContain('role="cluster"');
  });
});
