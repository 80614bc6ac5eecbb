import type { Admin, OffsetsByTopicPartition } from 'kafkajs';
import type { Position } from '../log';

/** Where a partition's log begins and ends: the first offset it holds, and the one that its next record gets. */
export interface LogEnds {
  readonly low: number;
  readonly high: number;
}

/** What the group has committed per partition, the base in the metadata. Where it never has there is no entry. */
export async function committedPositions(
  admin: Admin,
  { group, topic }: { readonly group: string; readonly topic: string },
): Promise<Map<number, Position>> {
  const [stored] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const positions = new Map<number, Position>();
  for (const { partition, offset, metadata } of stored?.partitions ?? []) {
    const watermark = Number(offset);
    if (watermark >= 0) positions.set(partition, { watermark, base: baseOf(watermark, metadata) });
  }
  return positions;
}

function baseOf(watermark: number, metadata: string | null): number {
  const base = /^b=(\d{1,16})$/.exec(metadata ?? '')?.[1];
  return base === undefined ? watermark : Math.min(watermark, Number(base));
}

export async function logEnds(admin: Admin, topic: string): Promise<Map<number, LogEnds>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(
    offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
  );
}

/** Where a session begins: what was committed as far as the log still holds it; all of a log that the group never read or that is another one. */
export function startingPosition(stored: Position | undefined, { low, high }: LogEnds): Position {
  if (!stored || stored.watermark > high) return { watermark: low, base: low };
  return { watermark: Math.max(stored.watermark, low), base: Math.max(stored.base, low) };
}

/** A position as kafkajs commits it; the base rides in the metadata, which kafkajs passes on though its types do not say so. */
export function offsetsOf(
  { topic, partition }: { readonly topic: string; readonly partition: number },
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
