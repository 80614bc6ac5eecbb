/** Of an entity that is not there. All other states are numbers from 1 on, the worse the larger. */
export const noState = 0;

/** A state that was seen, and is not believed yet. */
export interface Pending {
  readonly to: number;
  /** The first slot at which it was seen. */
  readonly slot: number;
  /** At how many slots it was seen, one behind the other. */
  readonly slots: number;
}

export interface Seen {
  /** What is believed, and what was seen now. */
  readonly state: number;
  readonly seen: number;
  readonly slot: number;
  /** Nobody is missing who may see it in a worse state. */
  readonly isWhole: boolean;
}

/**
 * What is pending after a slot, where `before` was after the one before; undefined: nothing. A state is the worst that any process sees: with
 * a process missing it may look better than it is, but not worse. So what looks better then neither counts nor refutes.
 */
export function pendingAfter(before: Pending | undefined, now: Seen): Pending | undefined {
  const { state, seen, isWhole } = now;
  if (isWhole) return seen === state ? undefined : counted(before, now);
  if (seen > state) return before && before.to > seen ? before : counted(before, now);
  return before && isRefuted(before, now) ? undefined : before;
}

/** That it would be better than it is, or not there. */
function isRefuted({ to }: Pending, { state, seen }: Seen): boolean {
  return to < state && (seen === state || (to === noState && seen !== noState));
}

function counted(before: Pending | undefined, { seen, slot }: Seen): Pending {
  return before?.to === seen ? { ...before, slots: before.slots + 1 } : { to: seen, slot, slots: 1 };
}
