import tty from 'node:tty';
import pino, { type Logger } from 'pino';
import { terminalLine } from './terminal-line';

export type { Logger } from 'pino';

/** The original's five names, as pino calls them. */
const pinoLevels = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
} as const;

export type LogLevel = keyof typeof pinoLevels;

export const logLevels = Object.keys(pinoLevels) as LogLevel[];

export interface LoggerOptions {
  readonly program: string;
  readonly level: LogLevel;
  /** A file descriptor; standard error unless told otherwise, so that standard output stays the user's. */
  readonly fd?: number;
}

/** Of lines that the disk has no room for. */
const maxWaitingBytes = 1_048_576;

/**
 * One JSON object a line; on a terminal a line of text (`terminalLine`). Errors go under `err`, with their cause. Lines that cannot be written, as on a full disk, end no program: the
 * oldest wait, and how many were lost is said when there is room again.
 */
export function createLogger({ program, level, fd = 2 }: LoggerOptions): Logger {
  const destination = pino.destination({ fd, sync: true, maxLength: maxWaitingBytes });
  const logger = pino(
    {
      level: pinoLevels[level],
      base: { program, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    tty.isatty(fd) ? { write: (line) => destination.write(terminalLine(line)) } : destination,
  );
  let lost = 0;
  destination.on('error', () => undefined); // there is nowhere else to say it
  destination.on('drop', () => lost++);
  destination.on('drain', () => {
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    logger.warn({ lines }, `${lines} lines of this log could not be written, and are lost`);
  });
  return logger;
}

export const silentLogger: Logger = pino({ level: 'silent' });
