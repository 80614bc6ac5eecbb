import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { BaseRpcContext, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { lastValueFrom, throwError, type Observable } from 'rxjs';
import type { LogEntry, LogReader, PartitionSession } from './log';

/** What a handler gets beside the record: `@Ctx() context: LogContext`. */
export class LogContext extends BaseRpcContext<[PartitionSession]> {
  get session(): PartitionSession {
    return this.args[0];
  }
}

/** A filter for the whole application: what a handler throws reaches its reader as it is. Nest would log it, and hand on 'Internal server error'. */
@Catch()
export class LogHandlerErrors implements RpcExceptionFilter<unknown, never> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * NestJS over the Log port. A pattern is the name of a role; `@EventPattern<string>('node')` gets the records of the topic that
 * role reads, one after the other per partition, and `@EventPattern<string>('node.tick')` is told when the input is idle or time
 * has passed. What a handler commits goes through the session in its context. A handler that throws ends its reader: see LogHandler.
 * Goes with LogHandlerErrors as a global filter.
 */
export class LogServer extends Server implements CustomTransportStrategy {
  /** `readers`: for each role how it reads its topic. They are their maker's to close. */
  constructor(private readonly readers: ReadonlyMap<string, LogReader>) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    for (const [role, reader] of this.readers) {
      reader.start({
        record: (entry, session) => this.#handle(role, session, entry),
        tick: (session) => this.#handle(`${role}.tick`, session),
      });
    }
    callback();
  }

  close(): void {
    this._status$.complete();
  }

  /** There are no events of a connection to listen to: the readers look after theirs. */
  on(): void {
    throw new Error('LogServer has no events');
  }

  unwrap(): never {
    throw new Error('LogServer has no single client to unwrap');
  }

  async #handle(pattern: string, session: PartitionSession, entry?: LogEntry): Promise<void> {
    const handler = this.getHandlerByPattern(pattern);
    if (!handler) throw new Error(`no handler for '${pattern}'`);
    const result: unknown = await handler(entry, new LogContext([session]));
    await lastValueFrom(this.transformToObservable(result), { defaultValue: undefined });
  }
}
