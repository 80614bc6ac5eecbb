import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LogContext, type LogEntry } from '@haproxystats/messaging';
import { FrameFeed } from '@haproxystats/sinks';
import { NodeRole } from './node/node-role';

/** Raw records in, frames out. */
@Controller()
export class NodeController {
  constructor(@Inject(NodeRole) private readonly role: NodeRole) {}

  @EventPattern<'node'>('node')
  record(@Payload() entry: LogEntry, @Ctx() { session }: LogContext): Promise<void> {
    return this.role.record(entry, session);
  }

  @EventPattern<'node.tick'>('node.tick')
  tick(@Ctx() { session }: LogContext): Promise<void> {
    return this.role.tick(session);
  }
}

/** What the local store reads with; the Graphite role has a feed of its own. */
export const localStoreFeed = Symbol('local-store feed');

/** Frames in, lines to Graphite out. */
@Controller()
export class GraphiteController {
  constructor(@Inject(FrameFeed) private readonly feed: FrameFeed) {}

  @EventPattern<'graphite'>('graphite')
  record(@Payload() entry: LogEntry, @Ctx() { session }: LogContext): Promise<void> {
    return this.feed.record(entry, session);
  }

  @EventPattern<'graphite.tick'>('graphite.tick')
  tick(@Ctx() { session }: LogContext): Promise<void> {
    return this.feed.tick(session);
  }
}

/** Frames in, files with lines out. */
@Controller()
export class LocalStoreController {
  constructor(@Inject(localStoreFeed) private readonly feed: FrameFeed) {}

  @EventPattern<'local-store'>('local-store')
  record(@Payload() entry: LogEntry, @Ctx() { session }: LogContext): Promise<void> {
    return this.feed.record(entry, session);
  }

  @EventPattern<'local-store.tick'>('local-store.tick')
  tick(@Ctx() { session }: LogContext): Promise<void> {
    return this.feed.tick(session);
  }
}
