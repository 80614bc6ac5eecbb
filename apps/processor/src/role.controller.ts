import { Controller, Inject, type Type } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LogContext, type LogEntry, type LogHandler } from '@haproxystats/messaging';
import type { Role } from './processor.config';
import { readingsOfRole } from './readings';

/** The edge of a role: hands the records of all that it reads, and time, to the LogHandler that is provided by the role's name. */
export function roleController(role: Role): Type {
  const names = readingsOfRole(role).map(({ name }) => name);

  @Controller()
  class RoleController {
    constructor(@Inject(role) private readonly handler: LogHandler) {}

    @EventPattern<string[]>(names)
    record(@Payload() entry: LogEntry, @Ctx() { session }: LogContext): Promise<void> {
      return this.handler.record(entry, session);
    }

    @EventPattern<string[]>(names.map((name) => `${name}.tick`))
    tick(@Ctx() { session }: LogContext): Promise<void> {
      return this.handler.tick(session);
    }
  }
  return RoleController;
}
