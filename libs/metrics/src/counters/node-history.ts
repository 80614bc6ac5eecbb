import type { RowKind } from '@haproxystats/haproxy';
import type { CountedRows } from './counted-rows';
import type { Basis } from './row-comparison';

/** When, and in which life of the process, it was asked. */
export interface Asked {
  readonly process: string;
  /** Start of the slot, ms since the epoch. */
  readonly slot: number;
  readonly intervalMs: number;
  /** When the poll began, ms since the epoch, by the clock of the puller. */
  readonly startedAt: number;
}

/** Of `show info`. */
export interface Life {
  readonly pid: number;
  /** Seconds, rounded down. */
  readonly uptime: number;
}

/** What a process had counted at one poll. */
export interface Counted extends Asked, Life {
  readonly info: ReadonlyMap<string, number>;
  readonly rows: ReadonlyMap<RowKind, CountedRows>;
  /** It said all it had to say: a row that is not there did not exist. */
  readonly isWhole: boolean;
}

/** A poll of a process before the one that is merged. */
export interface Former {
  readonly counted: Counted | undefined;
  /** It began after its node was last polled: all it has counted, it has counted since then. */
  readonly isNew: boolean;
  readonly share: number;
}

/** What the counters of a process are compared with. */
export interface ComparedProcess {
  readonly former: Former | undefined;
  /** What makes an increase since its start one of an interval. */
  readonly shareOfLife: number;
}

/** Slots of the node that an increase can reach back. */
export const reachSlots = 3;
/** A poll, and the one before: its slot can still be merged anew. */
const answersKept = 2;

/**
 * What the processes of one node had counted at their last polls. A process is the same one as before while its pid stays and its uptime does
 * not fall; what is compared lies at most three slots back, so that whoever reads the log again from its base comes to the same rates.
 */
export class NodeHistory {
  /** By process, the newest slot first. */
  readonly #answers = new Map<string, readonly Counted[]>();

  get bytes(): number {
    let bytes = 0;
    for (const answers of this.#answers.values())
      for (const { rows } of answers) for (const each of rows.values()) bytes += each.bytes;
    return bytes;
  }

  /** What is known of the process before this poll; undefined: nothing that its counters could be compared with. */
  formerOf(asked: Asked & Life): Former | undefined {
    const counted = newestBefore(asked, this.#answers.get(asked.process) ?? []);
    if (counted && isSameLife(counted, asked))
      return { counted, isNew: false, share: shareOf(asked, counted) };
    const last = newestBefore(asked, [...this.#answers.values()].flat());
    const isNew = last !== undefined && (asked.uptime + 1) * 1_000 <= asked.startedAt - last.startedAt;
    return isNew ? { counted: undefined, isNew, share: shareOf(asked, last) } : undefined;
  }

  /** Keeps what a process has counted; of one slot what was merged last. */
  keep(counted: Counted): void {
    const others = (this.#answers.get(counted.process) ?? []).filter(({ slot }) => slot !== counted.slot);
    const answers = [...others, counted].toSorted((a, b) => b.slot - a.slot);
    this.#answers.set(counted.process, answers.slice(0, answersKept));
    this.#letGo();
  }

  /** Of processes that are silent for longer than an increase may reach back. */
  #letGo(): void {
    const newest = Math.max(...[...this.#answers.values()].map(([first]) => first!.slot));
    for (const [process, [{ slot, intervalMs }]] of this.#answers as Map<string, readonly [Counted]>) {
      if (newest - slot > (reachSlots + 1) * intervalMs) this.#answers.delete(process);
    }
  }
}

export function basisOf(former: Former | undefined, kind: RowKind): Basis | undefined {
  if (!former) return undefined;
  const { counted, isNew, share } = former;
  return { before: counted?.rows.get(kind), newRowsCount: isNew || counted?.isWhole === true, share };
}

function newestBefore({ slot, intervalMs }: Asked, answers: readonly Counted[]): Counted | undefined {
  return answers
    .filter((answer) => answer.slot < slot && slot - answer.slot <= reachSlots * intervalMs)
    .reduce<Counted | undefined>(
      (newest, each) => (newest && newest.slot >= each.slot ? newest : each),
      undefined,
    );
}

function isSameLife(counted: Life, { pid, uptime }: Life): boolean {
  return counted.pid === pid && uptime >= counted.uptime;
}

function shareOf({ slot, intervalMs }: Asked, { slot: before }: Asked): number {
  return intervalMs / (slot - before);
}
