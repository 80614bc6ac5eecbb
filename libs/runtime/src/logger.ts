import pino, { type Logger } from 'pino';

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

/** One JSON object a line. Errors go under `err`, with their cause. */
export function createLogger({ program, level, fd = 2 }: LoggerOptions): Logger {
  return pino(
    {
      level: pinoLevels[level],
      base: { program, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd, sync: true }),
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
