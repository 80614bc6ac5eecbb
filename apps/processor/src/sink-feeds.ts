import { createRecordEncoder } from '@haproxystats/messaging';
import {
  FrameFeed,
  GraphiteLines,
  GraphiteSink,
  KafkaSink,
  LocalStoreSink,
  type FrameFeedOptions,
  type Sink,
} from '@haproxystats/sinks';
import type { ProcessorConfig, Role } from './processor.config';
import { lettersOf, type ProcessorParts } from './processor-parts';

export function graphiteFeed({ graphite }: ProcessorConfig, parts: ProcessorParts): FrameFeed {
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

export async function localStoreFeed(
  { localStore, graphite }: ProcessorConfig,
  parts: ProcessorParts,
): Promise<FrameFeed> {
  const { clock, logger, metrics } = parts;
  if (!localStore)
    throw new Error("the local-store role has no directory: set 'dir' in section [local-store]");
  const onOtherSemantics = () => metrics.otherSemantics.inc();
  const sink = await LocalStoreSink.open(localStore, {
    lines: new GraphiteLines({ ...graphite, partial: 'send' }, { clock, logger, onOtherSemantics }),
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

export function kafkaFeed({ results, topicPrefix }: ProcessorConfig, parts: ProcessorParts): FrameFeed {
  const { logs, clock, logger, metrics } = parts;
  if (!logs.results)
    throw new Error("the kafka role has no topics to write: set 'brokers' in section [kafka]");
  const { format, registry, finish } = results;
  const sink = new KafkaSink(
    { finish, topicPrefix },
    {
      encoder: createRecordEncoder({ format, topicPrefix, registry }),
      writer: logs.results,
      clock,
      logger,
      onFailure: () => metrics.registryFailures.inc(),
      onTaken: (records) => {
        metrics.resultRecords.inc(records.length);
        metrics.resultBytes.inc(sumOf(records.map(({ value }) => value.length)));
      },
      onSplit: () => metrics.splitResults.inc(),
      onOtherSemantics: () => metrics.otherSemantics.inc(),
    },
  );
  return feedOf('kafka', sink, {
    ...parts,
    onDelivered: (_, numbers) => metrics.resultMetrics.inc(sumOf(numbers)),
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
  const onLetGo = () => metrics.tornFrames.inc();
  return new FrameFeed({ sink, clock, logger, onDelivered, onUnreadable, onLetGo, deadLetters });
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
