import { createHash } from 'node:crypto';
import type { HaproxyEvent } from './event';

/** Hexadecimal digits: 128 bits. */
const idLength = 32;

/** The event with its id: that of the same thing, at the same slot, is the same whoever sees it, and however often. */
export function withId(event: Omit<HaproxyEvent, 'id'>): HaproxyEvent {
  const { type, cluster, node, entity, slot, to } = event;
  const what = JSON.stringify([type, cluster, node, entity, slot, to]);
  return { id: createHash('sha256').update(what).digest('hex').slice(0, idLength), ...event };
}
