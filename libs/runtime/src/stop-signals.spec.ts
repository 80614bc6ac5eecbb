import { setTimeout as delay } from 'node:timers/promises';
import { RecordedLog } from '../../../test/support/recorded-log';
import { EndDeadline, endOnUncaught, stopSignal } from './stop-signals';

describe('the end of a program', () => {
  let log: RecordedLog;
  let exits: unknown[];
  let heard: Map<string, (...args: unknown[]) => void>;

  beforeEach(() => {
    log = new RecordedLog();
    exits = [];
    heard = new Map();
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
      const stop = stopSignal({ start }, log.logger);
      expect(stop.aborted).toBe(false);
      heard.get(name)!(name);
      expect([stop.aborted, start.mock.calls.length, exits]).toEqual([true, 1, []]);
      heard.get('SIGTERM')!('SIGTERM');
      expect([exits, log.texts('warn', 'fatal')]).toEqual([
        [1],
        ['told to stop a second time: ended at once'],
      ]);
    },
  );

  it('does not come sooner for a terminal that is closed, which says so twice', () => {
    const stop = stopSignal({ start: () => undefined }, log.logger);
    heard.get('SIGHUP')!('SIGHUP');
    heard.get('SIGHUP')!('SIGHUP');
    expect([stop.aborted, exits, log.texts('warn', 'fatal')]).toEqual([true, [], []]);
  });

  it('comes at the deadline, counted from its first start, with what was waited for', async () => {
    const waitingFor = ['role node', 'role graphite'];
    const deadline = new EndDeadline({ ms: 40, logger: log.logger, waitingFor: () => waitingFor });
    deadline.start();
    await delay(30);
    deadline.start();
    await delay(30);
    expect(exits).toEqual([1]);
    expect(log.texts('warn', 'fatal')).toEqual([
      'did not end in order within 0.04 s; it waited for: role node; role graphite',
    ]);
  });

  it('comes not by a deadline that is cancelled', async () => {
    const deadline = new EndDeadline({ ms: 10, logger: log.logger, waitingFor: () => [] });
    deadline.start();
    deadline.cancel();
    await delay(30);
    expect(exits).toEqual([]);
  });

  it.each([
    [new Error('boom'), 'boom'],
    ['a string', 'a string'],
  ])('comes with what nobody catches: %s', (thrown, message) => {
    endOnUncaught(log.logger);
    heard.get('uncaughtException')!(thrown, 'unhandledRejection');
    expect([exits, log.texts('warn', 'fatal')]).toEqual([
      [1],
      [`ended by a fault that nothing caught: ${message}`],
    ]);
  });
});
