import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { FrameFeed, GraphiteSink, type FrameFeedOptions } from '@haproxystats/sinks';
import { rowsOf } from '@haproxystats/metrics';
import type { Coordinator } from './coordinator/coordinator';
import type { Logs, Ports } from './logs';
import { NodeRole, type NodeRoleEvents } from './node/node-role';
import type { ProcessorConfig, Role } from './processor.config';
import type { ProcessorMetrics } from './processor.metrics';
import { GraphiteController, NodeController } from './role.controllers';

export interface ProcessorParts extends Ports {
  readonly logs: Logs;
  readonly coordinator: Coordinator;
  readonly metrics: ProcessorMetrics;
  /** For displays and tests. */
  readonly onDelivered?: FrameFeedOptions['onDelivered'] | undefined;
}

interface RoleParts {
  readonly controller: Type;
  readonly provider: Provider;
}

/** What each role takes. */
const partsOf: Readonly<Record<Role, (config: ProcessorConfig, parts: ProcessorParts) => RoleParts>> = {
  node: (_, parts) => ({ controller: NodeController, provider: nodeRole(parts) }),
  graphite: (config, parts) => ({ controller: GraphiteController, provider: graphiteFeed(config, parts) }),
};

/** The roles of this instance, wired. */
@Module({})
export class ProcessorModule {
  static register(config: ProcessorConfig, parts: ProcessorParts): DynamicModule {
    const wired = config.roles.map((role) => partsOf[role](config, parts));
    return {
      module: ProcessorModule,
      controllers: wired.map(({ controller }) => controller),
      providers: wired.map(({ provider }) => provider),
    };
  }
}

function nodeRole({ logs: { frames, framesTopic }, coordinator, logger, metrics }: ProcessorParts): Provider {
  if (!frames) throw new Error('the node role has no log for its frames');
  return {
    provide: NodeRole,
    useFactory: () => new NodeRole({ coordinator, frames, framesTopic, logger, events: nodeEvents(metrics) }),
  };
}

function nodeEvents(metrics: ProcessorMetrics): NodeRoleEvents {
  return {
    emitted: ({ frame, badRows }) => {
      const { covered, expected } = frame.head.coverage;
      (covered === expected ? metrics.completeFrames : metrics.partialFrames).inc();
      metrics.rows.inc(rowsOf(frame));
      metrics.badRows.inc(badRows);
    },
    duplicate: () => metrics.duplicates.inc(),
    unreadableRecord: () => metrics.unreadableRecords.inc(),
    unreadableProcess: () => metrics.unreadableProcesses.inc(),
  };
}

function graphiteFeed(
  { graphite }: ProcessorConfig,
  { clock, logger, metrics, onDelivered }: ProcessorParts,
): Provider {
  return {
    provide: FrameFeed,
    useFactory: () =>
      new FrameFeed({
        sink: new GraphiteSink(graphite, { clock, logger, onFailure: () => metrics.graphiteFailures.inc() }),
        clock,
        logger,
        onDelivered: (parts, lines) => {
          metrics.deliveredFrames.inc(parts.length);
          metrics.deliveredMetrics.inc(lines.reduce((sum, count) => sum + count, 0));
          onDelivered?.(parts, lines);
        },
        onUnreadable: () => metrics.unreadableRecords.inc(),
      }),
  };
}
