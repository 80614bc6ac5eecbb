import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { startProcessor, type ProcessorConfig, type RunningProcessor } from '@haproxystats/processor';
import { DirectoryLogWriter, rawRecords } from '@haproxystats/messaging';
import { silentLogger, systemClock, type Logger } from '@haproxystats/runtime';

const slot = Math.floor(Date.now() / 10_000) * 10_000;

describe('the processor, attacked', () => {
  let directory: string;
  let relay: Server;
  let held: Socket[];
  let processor: RunningProcessor | undefined;
  let errors: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-bug-'));
    held = [];
    // Takes everything and never closes.
    relay = createServer({ allowHalfOpen: true }, (socket) => {
      held.push(socket);
      socket.resume();
      socket.on('error', () => undefined);
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    errors = [];
  });

  afterEach(async () => {
    await processor?.close();
    for (const socket of held) socket.destroy();
    relay.close();
    await rm(directory, { recursive: true, force: true });
  });

  const logger = () =>
    ({
      ...silentLogger,
      error: (_: object, text: string) => void errors.push(`error: ${text}`),
      warn: (_: object, text: string) => void errors.push(`warn: ${text}`),
      info: () => undefined,
      debug: () => undefined,
      trace: () => undefined,
    }) as unknown as Logger;

  function config(): ProcessorConfig {
    return {
      roles: ['node', 'graphite'],
      topicPrefix: 'hs',
      groupPrefix: 'hs',
      kafka: undefined,
      redis: undefined,
      rawDirectory: join(directory, 'raw'),
      framesDirectory: join(directory, 'frames'),
      maxFrames: 10,
      graphite: {
        address: { host: '127.0.0.1', port: (relay.address() as AddressInfo).port },
        names: { namespace: 'lb', prefixHostname: true, fqdn: true },
        timeouts: { connectMs: 500, writeMs: 500, closeMs: 5_000, settleMs: 5 },
        retry: { firstMs: 50, factor: 2, maxMs: 200 },
        batchBytes: 1_000_000,
      },
    };
  }

  async function spool(name: string): Promise<void> {
    const writer = await DirectoryLogWriter.open({
      path: join(directory, 'raw'),
      topic: 'hs.raw.v1',
      maxEntries: 10,
      groups: ['hs-node'],
      clock: systemClock,
      logger: silentLogger,
    });
    const stat = Buffer.from(`# pxname,svname,stot,type,\n${name},FRONTEND,1,0,\n`);
    await writer.append(
      'hs.raw.v1',
      rawRecords({
        cluster: 'eu',
        node: 'lb1',
        source: 'puller-1',
        slot,
        intervalMs: 10_000,
        startedAt: slot,
        replies: [{ process: 'p1', info: Buffer.from('Tasks: 1\n'), stat }],
        failures: [],
      }),
    );
    await writer.close();
  }

  it('that dies of a fault in a role names that fault, not "Internal server error"', async () => {
    await spool('x'.repeat(70_000));
    processor = await startProcessor(config(), {
      registry: new Registry(),
      clock: systemClock,
      logger: logger(),
    });
    const failure: unknown = await processor.failure.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
  });

  it('that is closed while a relay keeps it waiting says nothing of errors', async () => {
    await spool('web');
    processor = await startProcessor(config(), {
      registry: new Registry(),
      clock: systemClock,
      logger: logger(),
    });
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const begun = Date.now();
    await processor.close();
    expect(Date.now() - begun).toBeLessThan(1_000);
    expect(errors).toEqual([]);
  });
});
