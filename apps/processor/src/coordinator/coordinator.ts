/** A node's slot (or later a cluster's): what the members of a snapshot belong to. */
export interface SlotKey {
  /** `cluster/node`. */
  readonly entity: string;
  /** ms since the epoch. */
  readonly slot: number;
}

export interface Question extends SlotKey {
  /** The pullers whose manifests the asker holds. */
  readonly sources: readonly string[];
  /** The members whose data the asker holds and would emit. */
  readonly held: readonly string[];
  /** Log time in ms. */
  readonly now: number;
  /** A source that was silent for longer is not waited for. */
  readonly leaseMs: number;
  /** Grace is over: emit what is held. */
  readonly force: boolean;
}

/**
 * - `WAIT`: a live source of this entity has not reported this slot yet.
 * - `EMIT`: emit now, then say `done`.
 * - `MORE`: the same, where something of the slot was emitted before.
 * - `DUP`: all that is held was emitted before.
 */
export type Verdict = 'WAIT' | 'EMIT' | 'MORE' | 'DUP';

/**
 * The ledger of who has emitted what: it decides when and whether, never the numbers of an emission.
 * It may forget everything at any time: that costs repeated emissions, never a lost or a wrong one.
 */
export interface Coordinator {
  decide(question: Question): Promise<Verdict>;
  /** After the log has acknowledged the emission of `members`. */
  done(key: SlotKey, members: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** How long the ledger remembers a slot. */
export const slotTtlMs = 15 * 60_000;
/** How long it remembers the sources of an entity of which it is asked nothing: as long as one of them may be waited for. */
export function sourcesTtlMs({ leaseMs }: Pick<Question, 'leaseMs'>): number {
  return Math.max(slotTtlMs, Math.ceil(leaseMs));
}
/** Of more sources of one entity those that were silent longest are not waited for: their names come from the log. */
export const maxSources = 64;
