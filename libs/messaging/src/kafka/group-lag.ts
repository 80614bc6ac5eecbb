import type { Admin } from 'kafkajs';
import { committedPositions, logEnds, startingPosition } from './kafka-positions';

/** How far a consumer group is behind its topic. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  /** Records that the log holds and the group has not committed; undefined: it has never committed anything. */
  readonly behind: number | undefined;
}

/** Rejects as kafkajs does, also where there is no such topic. */
export async function groupLag(
  admin: Admin,
  { group, topic }: { readonly group: string; readonly topic: string },
): Promise<GroupLag> {
  // In this order: a position beyond the end would look like one of another log, of which all is yet to be read.
  const positions = await committedPositions(admin, { group, topic });
  if (positions.size === 0) return { group, topic, behind: undefined };
  const ends = await logEnds(admin, topic);
  let behind = 0;
  for (const [partition, { low, high }] of ends)
    behind += high - startingPosition(positions.get(partition), { low, high }).watermark;
  return { group, topic, behind };
}
