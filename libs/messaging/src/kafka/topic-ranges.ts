import type { Admin } from 'kafkajs';
import { logEnds } from './kafka-positions';

/** What there is to read of a partition: from `start` up to `end`, which is not part of it. */
export interface TopicRange {
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  /** Something before `start` was there once: the log has deleted it. */
  readonly isCut: boolean;
}

/** By the time at which the log took the records, ms since the epoch. */
export interface TimeRange {
  /** undefined: from the beginning. */
  readonly from?: number | undefined;
  /** Not included; undefined: to the present end. */
  readonly until?: number | undefined;
}

/** Each partition of the topic, empty ones too. Rejects as kafkajs does. */
export async function topicRanges(
  admin: Admin,
  topic: string,
  { from, until }: TimeRange = {},
): Promise<TopicRange[]> {
  const [ends, starts, stops] = await Promise.all([
    logEnds(admin, topic),
    offsetsAt(admin, topic, from),
    offsetsAt(admin, topic, until),
  ]);
  return [...ends].map(([partition, { low, high }]) => {
    const end = Math.min(high, stops.get(partition) ?? high);
    const start = Math.min(end, Math.max(low, starts.get(partition) ?? low));
    return { topic, partition, start, end, isCut: start === low && low > 0 };
  });
}

/** The first record that was taken at this time or later; behind the last one where there is none. */
async function offsetsAt(
  admin: Admin,
  topic: string,
  time: number | undefined,
): Promise<ReadonlyMap<number, number>> {
  if (time === undefined) return new Map();
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(0, Math.floor(time)));
  return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
}
