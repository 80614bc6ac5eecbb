import { Controller, Inject, type Type } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LogContext, type LogEntry, type LogHandler } from '@haproxystats/messaging';
import type { Role } from './processor.config';

/** The edge of a role: hands records, and time, to the LogHandler that is provided by the role's name. */
export function roleController(role: Role): Type {
  @Controller()
  class RoleController {
    constructor(@Inject(role) private readonly handler: LogHandler) {}

    @EventPattern<Role>(role)
    record(@Payload() entry: LogEntry, @Ctx() { session }: LogContext): Promise<void> {
      return this.handler.record(entry, session);
    }

    @EventPattern<`${Role}.tick`>(`${role}.tick`)
    tick(@Ctx() { session }: LogContext): Promise<void> {
      return this.handler.tick(session);
    }
  }
  return RoleController;
}
