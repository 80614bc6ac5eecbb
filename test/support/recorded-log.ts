import pino from 'pino';
import type { Logger } from '@haproxystats/runtime';

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export interface RecordedLine {
  readonly level: Level;
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

  /** Of these levels; of all but debug where none is named. */
  lines(...levels: Level[]): RecordedLine[] {
    const wanted = levels.length > 0 ? levels : ['info', 'warn', 'error', 'fatal'];
    return this.raw
      .map((line) => JSON.parse(line) as RecordedLine)
      .filter(({ level }) => wanted.includes(level));
  }

  texts(...levels: Level[]): string[] {
    return this.lines(...levels).map(({ msg }) => msg);
  }

  /** As `texts`, each behind its level: `warn: graphite: …`. */
  leveled(...levels: Level[]): string[] {
    return this.lines(...levels).map(({ level, msg }) => `${level}: ${msg}`);
  }
}
