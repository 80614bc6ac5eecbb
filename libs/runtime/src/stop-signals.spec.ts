import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger, type Logger } from './logger';
import { EndDeadline, endOnUncaught, stopSignal } from './stop-signals';

describe('the end of a program', () => {
  let said: string[];
  let exits: unknown[];
  let heard: Map<string, (...args: unknown[]) => void>;
  let logger: Logger;

  beforeEach(() => {
    said = [];
    exits = [];
    heard = new Map();
    const note = (_: object, text: string) => void said.push(text);
    logger = { ...silentLogger, fatal: note, warn: note } as unknown as Logger;
    jest.spyOn(process, 'exit').mockImplementation((status) => {
      exits.push(status);
      return undefined as never;
    });
    jest.spyOn(process, 'on').mockImplementation((name, listener: (...args: unknown[]) => void) => {
      heard.set(String(name), listener);
      return process;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    'begins in order with %s, and comes at once with a second signal',
    (name) => {
      const start = jest.fn();
      const stop = stopSignal({ start }, logger);
      expect(stop.aborted).toBe(false);
      heard.get(name)!(name);
      expect([stop.aborted, start.mock.calls.length, exits]).toEqual([true, 1, []]);
      heard.get('SIGTERM')!('SIGTERM');
      expect([exits, said]).toEqual([[1], ['told to stop a second time: ended at once']]);
    },
  );

  it('comes at the deadline, counted from its first start, with what was waited for', async () => {
    const waitingFor = ['role node', 'role graphite'];
    const deadline = new EndDeadline({ ms: 40, logger, waitingFor: () => waitingFor });
    deadline.start();
    await delay(30);
    deadline.start();
    await delay(30);
    expect(exits).toEqual([1]);
    expect(said).toEqual(['did not end in order within 0.04 s; it waited for: role node; role graphite']);
  });

  it('comes not by a deadline that is cancelled', async () => {
    const deadline = new EndDeadline({ ms: 10, logger, waitingFor: () => [] });
    deadline.start();
    deadline.cancel();
    await delay(30);
    expect(exits).toEqual([]);
  });

  it.each([
    [new Error('boom'), 'boom'],
    ['a string', 'a string'],
  ])('comes with what nobody catches: %s', (thrown, message) => {
    endOnUncaught(logger);
    heard.get('uncaughtException')!(thrown, 'unhandledRejection');
    expect([exits, said]).toEqual([[1], [`ended by a fault that nothing caught: ${message}`]]);
  });
});
