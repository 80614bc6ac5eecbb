import type { Admin, OffsetsByTopicPartition } from 'kafkajs';
import type { Position } from '../log';

interface GroupPartition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/** What the group has committed, its base in the metadata; undefined when it never has. */
export async function committedPosition(
  admin: Admin,
  { group, topic, partition }: GroupPartition,
): Promise<Position | undefined> {
  const [stored] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const found = stored?.partitions.find((candidate) => candidate.partition === partition);
  const watermark = Number(found?.offset ?? -1);
  if (watermark < 0) return undefined;
  const base = /^b=(\d{1,16})$/.exec(found?.metadata ?? '')?.[1];
  return { watermark, base: Math.min(watermark, base === undefined ? watermark : Number(base)) };
}

/** A position as kafkajs commits it; the base rides in the metadata, which kafkajs passes on though its types do not say so. */
export function offsetsOf(
  { topic, partition }: Pick<GroupPartition, 'topic' | 'partition'>,
  { watermark, base }: Position,
): OffsetsByTopicPartition {
  const withBase = { partition, offset: String(watermark), metadata: `b=${base}` };
  return { topics: [{ topic, partitions: [withBase] }] };
}

const rebalances = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']);

/** The partition may be somebody else's by now. */
export function isRebalance(error: unknown): boolean {
  return rebalances.has(String((error as { type?: unknown } | null)?.type));
}
