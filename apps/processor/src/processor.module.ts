import { Module, type DynamicModule } from '@nestjs/common';
import type { DeadLetters, LogHandler } from '@haproxystats/messaging';
import {
  FrameFeed,
  GraphiteLines,
  GraphiteSink,
  LocalStoreSink,
  type FrameFeedOptions,
  type Sink,
} from '@haproxystats/sinks';
import type { Coordinator } from './coordinator/coordinator';
import type { Logs, Ports } from './logs';
import { FleetHealth } from './node/fleet-health';
import { mergingOf } from './node/merging';
import { nodeEvents } from './node-events';
import { NodeRole } from './node/node-role';
import type { ProcessorConfig, Role } from './processor.config';
import type { ProcessorMetrics } from './processor.metrics';
import { roleController } from './role.controller';

export interface ProcessorParts extends Ports {
  readonly logs: Logs;
  readonly deadLetters: ReadonlyMap<Role, DeadLetters>;
  readonly coordinator: Coordinator;
  readonly metrics: ProcessorMetrics;
  /** For displays and tests. */
  readonly onDelivered?: FrameFeedOptions['onDelivered'] | undefined;
}

type MakeHandler = (config: ProcessorConfig, parts: ProcessorParts) => LogHandler | Promise<LogHandler>;

/** What does the work of each role. */
const handlers: Readonly<Record<Role, MakeHandler>> = {
  node: nodeRole,
  graphite: graphiteFeed,
  'local-store': localStoreFeed,
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
  const { logs, coordinator, clock, logger, metrics } = parts;
  const { frames, framesTopic } = logs;
  if (!frames) throw new Error('the node role has no log for its frames');
  const merging = mergingOf(config, parts);
  return new NodeRole({
    merging,
    coordinator,
    frames,
    framesTopic,
    logger,
    events: nodeEvents(metrics, logger),
    deadLetters: lettersOf('node', parts),
    health: new FleetHealth(clock),
  });
}

function graphiteFeed({ graphite }: ProcessorConfig, parts: ProcessorParts): FrameFeed {
  const { clock, logger, metrics, onDelivered } = parts;
  const sink = new GraphiteSink(graphite, {
    clock,
    logger,
    onFailure: (relay) => metrics.graphiteFailures.inc({ relay: relay + 1 }),
    onTaken: (relay) => metrics.graphiteBatches.inc({ relay: relay + 1 }),
    onWithheld: () => metrics.withheldFrames.inc(),
    onOtherSemantics: () => metrics.otherSemantics.inc(),
  });
  return feedOf('graphite', sink, {
    ...parts,
    onDelivered: (frames, lines) => {
      metrics.deliveredFrames.inc(frames.length);
      metrics.deliveredMetrics.inc(sumOf(lines));
      onDelivered?.(frames, lines);
    },
  });
}

async function localStoreFeed(
  { localStore, graphite }: ProcessorConfig,
  parts: ProcessorParts,
): Promise<FrameFeed> {
  const { clock, logger, metrics } = parts;
  if (!localStore)
    throw new Error("the local-store role has no directory: set 'dir' in section [local-store]");
  const onOtherSemantics = () => metrics.otherSemantics.inc();
  const sink = await LocalStoreSink.open(localStore, {
    lines: new GraphiteLines(graphite, { clock, logger, onOtherSemantics }),
    clock,
    logger,
    onFailure: () => metrics.storeFailures.inc(),
    onChange: (removed, bytes) => {
      metrics.removedSlots.inc(removed);
      metrics.storeBytes.set(bytes);
    },
  });
  return feedOf('local-store', sink, {
    ...parts,
    onDelivered: (frames, lines) => {
      metrics.storedFrames.inc(frames.length);
      metrics.storedMetrics.inc(sumOf(lines));
    },
  });
}

/** The frames that a sink role reads. */
function feedOf(
  role: Role,
  sink: Sink,
  parts: ProcessorParts & Required<Pick<FrameFeedOptions, 'onDelivered'>>,
): FrameFeed {
  const { clock, logger, metrics, onDelivered } = parts;
  const deadLetters = lettersOf(role, parts);
  const onUnreadable = () => metrics.unreadableRecords.inc();
  return new FrameFeed({ sink, clock, logger, onDelivered, onUnreadable, deadLetters });
}

function lettersOf(role: Role, { deadLetters }: ProcessorParts): DeadLetters {
  const letters = deadLetters.get(role);
  if (!letters) throw new Error(`the ${role} role has no dead letter queue`);
  return letters;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
