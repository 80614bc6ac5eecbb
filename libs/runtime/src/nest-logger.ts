import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger';

/** NestJS' own words in our log: its warnings and errors as such, its start-up talk at debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.logger.debug({ context }, text(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.logger.warn({ context }, text(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    this.logger.error({ context }, text(message));
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.logger.fatal({ context }, text(message));
  }
}

function text(message: unknown): string {
  return `nest: ${message instanceof Error ? (message.stack ?? message.message) : String(message)}`;
}
