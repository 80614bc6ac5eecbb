import fs, { closeSync, openSync } from 'node:fs';
import tty from 'node:tty';
import { createLogger } from './logger';
import { terminalLine } from './terminal-line';

const time = '2026-11-20T14:05:10.123Z';
const lineOf = (line: object): string =>
  terminalLine(JSON.stringify({ time, program: 'p', pid: 1, ...line }));

describe('terminalLine', () => {
  it.each([
    [{ level: 'warn', msg: 'polls are dropped', topic: 't' }, '14:05:10 warn  polls are dropped\n'],
    [
      { level: 'error', msg: 'cannot go on', err: { message: 'ENOENT' } },
      '14:05:10 error cannot go on: ENOENT\n',
    ],
    [
      { level: 'fatal', msg: 'ended by a fault: ENOENT', err: { message: 'ENOENT', stack: 'at x' } },
      '14:05:10 fatal ended by a fault: ENOENT\n',
    ],
    [{ level: 'info', err: {} }, '14:05:10 info  \n'],
    [{ level: 'info', msg: 'a\u001b[2Jb\nc\u009b' }, '14:05:10 info  a?[2Jb?c?\n'],
  ])('says of %j what a person reads', (line, text) => expect(lineOf(line)).toBe(text));
});

describe('a log', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each([
    [true, /^\d\d:\d\d:\d\d warn {2}the relay is away: ECONNREFUSED\n$/],
    [false, /^\{"level":"warn",.*"err":\{.*ECONNREFUSED.*"msg":"the relay is away"\}\n$/],
  ])('is text on a terminal, else JSON: %s', (isTerminal, text) => {
    jest.spyOn(tty, 'isatty').mockReturnValue(isTerminal);
    const written: string[] = [];
    const fd = openSync('/dev/null', 'w');
    jest.spyOn(fs, 'writeSync').mockImplementation((_fd: number, line: unknown) => {
      written.push(String(line));
      return Buffer.byteLength(String(line));
    });
    const logger = createLogger({ program: 'test', level: 'info', fd });
    logger.warn({ err: new Error('ECONNREFUSED') }, 'the relay is away');
    closeSync(fd);
    expect(written.join('')).toMatch(text);
  });
});
