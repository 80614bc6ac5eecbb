import pino from 'pino';
import type { Logger } from '@haproxystats/runtime';

export interface RecordedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A logger as the programs have it, at its most talkative, and every line as it would be written. */
export class RecordedLog {
  readonly raw: string[] = [];
  readonly logger: Logger = pino(
    { level: 'trace', formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => void this.raw.push(line) },
  );

  lines(level: RecordedLine['level']): RecordedLine[] {
    return this.raw.map((line) => JSON.parse(line) as RecordedLine).filter((line) => line.level === level);
  }

  texts(level: RecordedLine['level']): string[] {
    return this.lines(level).map(({ msg }) => msg);
  }
}
