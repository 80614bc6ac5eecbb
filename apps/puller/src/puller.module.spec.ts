import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { LogHandler, LogReader } from '@haproxystats/messaging';
import { silentLogger, systemClock } from '@haproxystats/runtime';
import { Registry } from 'prom-client';
import { waitedMs } from '../../../test/support/own-time';
import type { PullerConfig } from './puller.config';
import { PullerModule } from './puller.module';
import { PullerService } from './puller.service';

const haproxy = 'Name: HAProxy\nPid: 7\n\n# pxname,svname,\nweb,FRONTEND,\n\n';

class FakeReader implements LogReader {
  handler: LogHandler | undefined;
  readonly ready = true;
  readonly #died = Promise.withResolvers<never>();
  readonly failure = this.#died.promise;
  readonly die = this.#died.reject;

  constructor(private readonly closed: string[]) {}

  start(handler: LogHandler): void {
    this.handler = handler;
  }

  lag(): ReadonlyMap<number, number> {
    return new Map();
  }

  close(): Promise<void> {
    this.closed.push('reader');
    return Promise.resolve();
  }
}

describe('PullerModule', () => {
  let directory: string;
  let server: Server;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'puller-module-'));
    server = createServer((socket) => socket.resume().end(haproxy));
    await new Promise<void>((resolve) => server.listen(join(directory, 'a.sock'), resolve));
  });

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true });
  });

  function setUp(changes: Partial<PullerConfig> = {}) {
    const closed: string[] = [];
    const spooled: string[] = [];
    const close = (name: string) => () => {
      closed.push(name);
      return Promise.resolve();
    };
    const config: PullerConfig = {
      cluster: 'main',
      node: 'lb1',
      socketDir: directory,
      servers: [],
      masters: [],
      intervalMs: 100,
      pollTimeoutMs: 100,
      connectTimeoutMs: 100,
      connectRetries: 1,
      connectIntervalMs: 10,
      maxReplyBytes: 1e6,
      maxPollBytes: 1e7,
      queueSize: 360,
      whenFull: 'suspend',
      topic: 'raw',
      sourceFile: join(directory, 'source'),
      drainSlotsPerInterval: 10,
      maxPolls: 2,
      ...changes,
    };
    const reader = new FakeReader(closed);
    const registry = new Registry();
    const module = PullerModule.register(config, {
      clock: systemClock,
      logger: silentLogger,
      registry,
      encodePoll: ({ replies }) =>
        replies.map(({ process, info }) => ({ key: process, headers: {}, value: info })),
      spool: {
        append: (_, records) => Promise.resolve(void spooled.push(...records.map(({ key }) => key))),
        close: close('spool'),
        dropped: 0,
        depth: () => spooled.length,
      },
      forwarding: { reader, writer: { append: () => Promise.resolve(), close: close('writer') } },
    });
    return { module, reader, closed, spooled, registry };
  }

  const start = async (setup: ReturnType<typeof setUp>) => {
    const app = await NestFactory.createApplicationContext(setup.module, { logger: false });
    return { app, puller: app.get(PullerService) };
  };

  it('polls real sockets from start to stop, and closes what it was given, in order', async () => {
    const setup = setUp({ intervalMs: 2_000, pollTimeoutMs: 0, connectTimeoutMs: 2_000 });
    const { app, puller } = await start(setup);
    expect(setup.reader.handler).toBeDefined();
    await puller.ended;
    expect(puller.ready).toBe(true);
    expect(setup.spooled).toEqual([join(directory, 'a.sock'), join(directory, 'a.sock')]);
    expect(await setup.registry.metrics()).toContain('haproxystats_puller_spool_depth 2\n');
    await app.close();
    expect(setup.closed).toEqual(['reader', 'writer', 'spool']);
  });

  it('stops in the middle of a poll without waiting for it', async () => {
    server.removeAllListeners('connection');
    const connected = new Promise<void>((resolve) => {
      server.on('connection', (socket) => {
        socket.on('error', () => socket.destroy()).on('end', () => socket.destroy());
        resolve();
      });
    });
    const setup = setUp({ intervalMs: 2000, pollTimeoutMs: 0, maxPolls: undefined });
    const { app, puller } = await start(setup);
    await connected;
    expect(await waitedMs(app.close())).toBeLessThan(1_000);
    expect(setup.spooled).toEqual([]);
    expect(puller.ready).toBe(false);
  });

  it('reports a reader that died, so that the program can end', async () => {
    const setup = setUp();
    const { app, puller } = await start(setup);
    const failure = expect(puller.failure).rejects.toThrow('fatal crash of the consumer');
    setup.reader.die(new Error('fatal crash of the consumer'));
    await failure;
    await app.close();
  });

  it('refuses to start when the id of the puller cannot be kept', async () => {
    const setup = setUp({ sourceFile: join(directory, 'a.sock', 'source') });
    await expect(
      NestFactory.createApplicationContext(setup.module, { logger: false, abortOnError: false }),
    ).rejects.toThrow(/id of this puller/);
  });
});
