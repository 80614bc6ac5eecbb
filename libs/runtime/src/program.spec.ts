import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger, type Logger } from './logger';
import { runToEnd, type ProgramContext } from './program';
import { loadSettings } from './settings';
import { Started } from './started';
import { EndDeadline } from './stop-signals';

describe('a program', () => {
  let said: string[];
  let context: ProgramContext;
  let exit: jest.SpyInstance;

  beforeEach(() => {
    said = [];
    const fatal = (_: object, text: string) => void said.push(text);
    const logger = { ...silentLogger, fatal } as unknown as Logger;
    const { settings } = loadSettings({ env: {} });
    context = { settings, logger, stop: new AbortController().signal, started: new Started() };
    exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  });
  afterEach(() => exit.mockRestore());

  const within = (ms: number) => {
    const waitingFor = () => context.started.waitingFor();
    return new EndDeadline({ ms, logger: context.logger, waitingFor });
  };

  const closing = (name: string, ms: number) => ({
    close: async () => {
      await delay(ms);
      said.push(`${name} closed`);
    },
  });

  it('that ends closes what it started', async () => {
    const main = ({ started }: ProgramContext) => {
      started.add(closing('spool', 1));
      return Promise.resolve();
    };
    expect(await runToEnd(main, context, within(100))).toBe(true);
    expect(said).toEqual(['spool closed']);
  });

  it('that fails says why, then closes what it started', async () => {
    const main = ({ started }: ProgramContext) => {
      started.add(closing('spool', 1));
      return Promise.reject(new Error('the port is taken'));
    };
    expect(await runToEnd(main, context, within(100))).toBe(false);
    expect(said).toEqual(['ended by a fault: the port is taken', 'spool closed']);
    await delay(150);
    expect(exit).not.toHaveBeenCalled();
  });

  it('that does not close says so', async () => {
    const main = ({ started }: ProgramContext) => {
      started.add({ close: () => Promise.reject(new Error('no disk')) });
      return Promise.resolve();
    };
    expect(await runToEnd(main, context, within(100))).toBe(false);
    expect(said).toEqual(['did not close in order: no disk']);
  });

  it('that fails without a signal has the deadline of a stop for its closing, and ends with status 1', async () => {
    const main = ({ started }: ProgramContext) => {
      started.add(closing('consumer', 200), 'the consumer to leave its group');
      return Promise.reject(new Error('a role died'));
    };
    const ended = runToEnd(main, context, within(50));
    await delay(120);
    expect(exit).toHaveBeenCalledWith(1);
    expect(said).toEqual([
      'ended by a fault: a role died',
      'did not end in order within 0.05 s; it waited for: the consumer to leave its group',
    ]);
    await ended;
  });
});
