import 'reflect-metadata';
import { Controller, Module, type INestMicroservice, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { LogEntry, LogHandler, LogReader, PartitionSession } from './log';
import { LogContext, LogHandlerErrors, LogServer } from './log-server';

class FakeReader implements LogReader {
  handler!: LogHandler;
  readonly ready = true;
  readonly failure = new Promise<never>(() => undefined);

  start(handler: LogHandler): void {
    this.handler = handler;
  }

  lag(): ReadonlyMap<number, number> {
    return new Map();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const calls: unknown[][] = [];
let fault: Error | undefined;

@Controller()
class RoleController {
  @EventPattern<'role'>('role')
  async record(@Payload() entry: LogEntry, @Ctx() { session }: LogContext): Promise<void> {
    await Promise.resolve();
    if (fault) throw fault;
    calls.push(['record', entry, session]);
  }

  @EventPattern<'role.tick'>('role.tick')
  tick(@Ctx() { session }: LogContext): Promise<void> {
    if (fault) throw fault;
    calls.push(['tick', session]);
    return Promise.resolve();
  }
}

@Module({ controllers: [RoleController] })
class RoleModule {}

describe('LogServer', () => {
  const session = { topic: 'raw' } as PartitionSession;
  const entry = { key: 'k' } as LogEntry;
  let app: INestMicroservice;
  let reader: FakeReader;
  let complaints: unknown[];

  beforeEach(async () => {
    calls.length = 0;
    fault = undefined;
    complaints = [];
    reader = new FakeReader();
    const complain = (message: unknown) => void complaints.push(message);
    const logger: LoggerService = { log: () => undefined, warn: complain, error: complain };
    app = await NestFactory.createMicroservice(RoleModule, {
      strategy: new LogServer(new Map([['role', reader]])),
      logger,
      abortOnError: false,
    });
    app.useGlobalFilters(new LogHandlerErrors());
    await app.listen();
  });
  afterEach(() => app.close());

  it('brings records and ticks to the handlers of their role', async () => {
    await reader.handler.record(entry, session);
    await reader.handler.tick(session);
    expect(calls).toEqual([
      ['record', entry, session],
      ['tick', session],
    ]);
  });

  it.each([
    ['record', () => reader.handler.record(entry, session)],
    ['tick', () => reader.handler.tick(session)],
  ])('gives the reader what the handler of a %s throws, as it is, and logs nothing', async (_, call) => {
    fault = new Error('a fault of ours', { cause: new Error('its cause') });
    await expect(call()).rejects.toBe(fault);
    expect(complaints).toEqual([]);
  });
});
