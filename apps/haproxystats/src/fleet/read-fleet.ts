import {
  scanRanges,
  topicName,
  topicRanges,
  withAdmin,
  type KafkaClient,
  type ScanOptions,
  type TopicName,
  type TopicRange,
} from '@haproxystats/messaging';
import { needTopic, usingKafka } from '../kafka/kafka-use';
import type { FleetView } from './fleet-view';

export interface FleetSource extends ScanOptions {
  readonly kafka: KafkaClient;
  readonly topicPrefix: string;
  /** Log time, ms since the epoch: frames that were taken earlier are not looked at. */
  readonly since: number;
  /** Called when all that is there was read; then it goes on until the signal aborts. Absent: it ends there. */
  readonly follow?: () => void;
}

/** The first must be there. */
const topics = ['framesNode', 'framesCluster'] as const satisfies readonly TopicName[];

/** Reads the newest frames into the view. Rejects with KafkaUnavailable, and when the signal aborts. */
export async function readFleet(source: FleetSource, view: FleetView): Promise<void> {
  const { kafka, topicPrefix, group, signal } = source;
  const use = { topic: topicName(topicPrefix, 'framesNode'), group };
  await usingKafka(kafka, use, async () => {
    const ranges = await rangesOf(source);
    await scanRanges({ ...source, ranges }, (entry) => {
      view.take(entry);
      return Promise.resolve();
    });
    signal.throwIfAborted();
  });
}

function rangesOf({ kafka, topicPrefix, since }: FleetSource): Promise<TopicRange[]> {
  const [first, ...others] = topics.map((topic) => topicName(topicPrefix, topic));
  return withAdmin(kafka, async (admin) => {
    await needTopic(admin, first!);
    const there = new Set(await admin.listTopics());
    const read = [first!, ...others.filter((topic) => there.has(topic))];
    const ranges = await Promise.all(read.map((topic) => topicRanges(admin, topic, { from: since })));
    return ranges.flat();
  });
}
