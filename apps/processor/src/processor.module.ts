import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import {
  FrameFeed,
  GraphiteLines,
  GraphiteSink,
  LocalStoreSink,
  type FrameFeedOptions,
} from '@haproxystats/sinks';
import { rowsOf } from '@haproxystats/metrics';
import type { Coordinator } from './coordinator/coordinator';
import { DroppedColumns } from './dropped-columns';
import type { Logs, Ports } from './logs';
import { mergingOf } from './node/merging';
import { NodeRole, type NodeRoleEvents } from './node/node-role';
import type { ProcessorConfig, Role } from './processor.config';
import type { ProcessorMetrics } from './processor.metrics';
import { GraphiteController, LocalStoreController, localStoreFeed, NodeController } from './role.controllers';

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
  node: (config, parts) => ({ controller: NodeController, provider: nodeRole(config, parts) }),
  graphite: (config, parts) => ({ controller: GraphiteController, provider: graphiteFeed(config, parts) }),
  'local-store': (config, parts) => ({
    controller: LocalStoreController,
    provider: localStoreFeedOf(config, parts),
  }),
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

function nodeRole(config: ProcessorConfig, parts: ProcessorParts): Provider {
  const { logs, coordinator, logger, metrics } = parts;
  const { frames, framesTopic } = logs;
  const merging = mergingOf(config, parts);
  const events = nodeEvents(metrics, new DroppedColumns(logger));
  if (!frames) throw new Error('the node role has no log for its frames');
  return {
    provide: NodeRole,
    useFactory: () => new NodeRole({ merging, coordinator, frames, framesTopic, logger, events }),
  };
}

function nodeEvents(metrics: ProcessorMetrics, columns: DroppedColumns): NodeRoleEvents {
  return {
    emitted: (merged) => {
      const { frame, badRows, droppedColumns, droppedTexts, inexact } = merged;
      const { covered, expected } = frame.head.coverage;
      (covered === expected ? metrics.completeFrames : metrics.partialFrames).inc();
      metrics.rows.inc(rowsOf(frame));
      metrics.badRows.inc(badRows);
      metrics.droppedColumns.inc(droppedColumns.length);
      metrics.droppedTexts.inc(droppedTexts);
      metrics.inexactValues.inc(inexact);
      columns.tell(merged);
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
        sink: new GraphiteSink(graphite, {
          clock,
          logger,
          onFailure: () => metrics.graphiteFailures.inc(),
          onWithheld: () => metrics.withheldFrames.inc(),
        }),
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

function localStoreFeedOf({ localStore, graphite }: ProcessorConfig, parts: ProcessorParts): Provider {
  if (!localStore)
    throw new Error("the local-store role has no directory: set 'dir' in section [local-store]");
  const { clock, logger, metrics } = parts;
  const lines = new GraphiteLines(graphite, { clock, logger });
  return {
    provide: localStoreFeed,
    useFactory: async () => {
      const sink = await LocalStoreSink.open(localStore, {
        lines,
        clock,
        logger,
        onFailure: () => metrics.storeFailures.inc(),
        onChange: (removed, bytes) => {
          metrics.removedSlots.inc(removed);
          metrics.storeBytes.set(bytes);
        },
      });
      return new FrameFeed({
        sink,
        clock,
        logger,
        onDelivered: (frames, counts) => {
          metrics.storedFrames.inc(frames.length);
          metrics.storedMetrics.inc(counts.reduce((sum, count) => sum + count, 0));
        },
        onUnreadable: () => metrics.unreadableRecords.inc(),
      });
    },
  };
}
