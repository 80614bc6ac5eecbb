import { createHash } from 'node:crypto';
import type { HaproxyEvent } from './event';

/** Hexadecimal digits: 128 bits. */
const idLength = 32;

/** What tells an event from others of its type, entity and slot: of a process its pid. All old workers behind a master have its name. */
function stateOf({ type, from, to }: Pick<HaproxyEvent, 'type' | 'from' | 'to'>): string {
  return type === 'process_gone' ? from : to;
}

/**
 * The event with its id: that of the same thing, at the same slot, is the same whoever sees it, and however often. What is not in it depends on
 * what was known before: durations, texts, and from which state another began.
 */
export function withId(event: Omit<HaproxyEvent, 'id'>): HaproxyEvent {
  const { type, cluster, node, entity, slot } = event;
  const what = JSON.stringify([type, cluster, node, entity, slot, stateOf(event)]);
  return { id: createHash('sha256').update(what).digest('hex').slice(0, idLength), ...event };
}
