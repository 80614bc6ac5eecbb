import { Module, type DynamicModule } from '@nestjs/common';
import type { LogHandler } from '@haproxystats/messaging';
import { clusterEvents } from './cluster-events';
import { ClusterRole } from './cluster/cluster-role';
import { makeEventsRole } from './events/make-events-role';
import { FleetHealth } from './node/fleet-health';
import { mergingOf } from './node/merging';
import { nodeEvents } from './node-events';
import { NodeRole } from './node/node-role';
import type { ProcessorConfig, Role } from './processor.config';
import { lettersOf, partOf, type ProcessorParts } from './processor-parts';
import { roleController } from './role.controller';
import { graphiteFeed, kafkaFeed, localStoreFeed } from './sink-feeds';

type MakeHandler = (config: ProcessorConfig, parts: ProcessorParts) => LogHandler | Promise<LogHandler>;

/** What does the work of each role. */
const handlers: Readonly<Record<Role, MakeHandler>> = {
  node: nodeRole,
  cluster: clusterRole,
  graphite: graphiteFeed,
  'local-store': localStoreFeed,
  kafka: kafkaFeed,
  events: eventsRole,
};

/** The roles of this instance, wired. */
@Module({})
export class ProcessorModule {
  static register(config: ProcessorConfig, parts: ProcessorParts): DynamicModule {
    return {
      module: ProcessorModule,
      controllers: config.roles.map(roleController),
      providers: config.roles.map((role) => ({
        provide: role,
        useFactory: () => handlers[role](config, parts),
      })),
    };
  }
}

function nodeRole(config: ProcessorConfig, parts: ProcessorParts): NodeRole {
  const { clock, logger, metrics } = parts;
  const { writer: frames, topic: framesTopic } = partOf('node', parts.logs.frames, 'log for its frames');
  return new NodeRole({
    merging: mergingOf(config, parts),
    coordinator: partOf('node', parts.ledgers, 'ledger'),
    frames,
    framesTopic,
    shards: config.shards,
    logger,
    events: nodeEvents(metrics, logger),
    deadLetters: lettersOf('node', parts),
    health: new FleetHealth(clock),
  });
}

function clusterRole({ inventory }: ProcessorConfig, parts: ProcessorParts): ClusterRole {
  const { clock, logger, metrics } = parts;
  const { writer: frames, topic: framesTopic } = partOf('cluster', parts.logs.frames, 'log for its frames');
  return new ClusterRole({
    coordinator: partOf('cluster', parts.ledgers, 'ledger'),
    frames,
    framesTopic,
    inventory,
    clock,
    logger,
    events: clusterEvents(metrics),
    deadLetters: lettersOf('cluster', parts),
  });
}

function eventsRole(config: ProcessorConfig, parts: ProcessorParts): LogHandler {
  const { results } = parts.logs;
  return makeEventsRole(config, { ...parts, results, deadLetters: lettersOf('events', parts) });
}
