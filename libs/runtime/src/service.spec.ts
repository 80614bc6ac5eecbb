import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLogger, type Logger } from './logger';
import type { ProgramContext } from './program';
import { runService, type Service } from './service';
import { loadSettings } from './settings';
import { Started } from './started';

describe('runService', () => {
  let stop: AbortController;
  let context: ProgramContext;
  let port: number;
  let calls: string[];

  beforeEach(() => {
    stop = new AbortController();
    calls = [];
    const info = (fields: string | { port: number }) => {
      if (typeof fields === 'object') port = fields.port;
    };
    const logger = { ...silentLogger, info } as unknown as Logger;
    const { settings } = loadSettings({ env: {} });
    context = { settings, logger, stop: stop.signal, started: new Started() };
  });
  afterEach(() => context.started.close());

  const close = () => Promise.resolve(void calls.push('closed'));
  const service: Service = {
    notReady: () => ['no poll yet'],
    failure: new Promise(() => undefined),
    close,
  };
  const anyPort = { address: '127.0.0.1', port: 0 };
  const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();

  it('tells what keeps it from its work, until it is told to stop; its parts are left to the program to close', async () => {
    const begun = Promise.withResolvers<Service>();
    const running = runService(context, anyPort, () => begun.promise);
    while (!port) await turn();
    expect(await readiness()).toBe('starting\n');
    begun.resolve(service);
    await turn();
    expect(await readiness()).toBe('no poll yet\n');
    stop.abort();
    await running;
    expect(await readiness()).toBe('stopping\n');
    expect(calls).toEqual([]);
    await context.started.close();
    expect(calls).toEqual(['closed']);
    await expect(readiness()).rejects.toThrow('fetch failed');
  });

  it('rejects with what the service fails of', async () => {
    const failure = Promise.reject(new Error('a role died'));
    const running = runService(context, anyPort, () => Promise.resolve({ ...service, failure }));
    await expect(running).rejects.toThrow('a role died');
    expect(await readiness()).toBe('stopping\n');
  });

  it('starts nothing where its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = { address: '127.0.0.1', port: (taken.address() as AddressInfo).port };
    const running = runService(context, address, () => {
      calls.push('started');
      return Promise.resolve(service);
    });
    await expect(running).rejects.toThrow(`127.0.0.1:${address.port}`);
    expect(calls).toEqual([]);
    taken.close();
  });
});
