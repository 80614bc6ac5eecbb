import type { RowKind } from '@haproxystats/haproxy';
import type { CountedRows } from './counted-rows';
import { isSameLife, isSameLifeRenamed, masterOf, type Asked, type Life } from './process-life';
import type { Basis } from './row-comparison';
import type { Twin } from './shared-rows';

/** What a process had counted at one poll. */
export interface Counted extends Asked, Life {
  readonly info: ReadonlyMap<string, number>;
  readonly rows: ReadonlyMap<RowKind, CountedRows>;
  /** It said all it had to say: a row that is not there did not exist. */
  readonly isWhole: boolean;
  /** The slot from which on its increase was told; undefined: none was. */
  readonly since: number | undefined;
}

/** A poll of a process before the one that is merged. */
export interface Former {
  readonly counted: Counted | undefined;
  /** It began after its node was last polled: all it has counted, it has counted since then. */
  readonly isNew: boolean;
  readonly since: number;
  /** What makes an increase since then one of an interval. */
  readonly share: number;
}

/** Another process of the node, at the same poll and at the one before. */
export interface TwinProcess {
  readonly now: Counted;
  readonly before: Counted | undefined;
}

/** What the counters of a process are compared with. */
export interface ComparedProcess {
  readonly former: Former | undefined;
  readonly twins: readonly TwinProcess[];
  /** What makes an increase since its start one of an interval. */
  readonly shareOfLife: number;
}

/** A slot of which the processes are to be merged. */
export interface Beginning {
  readonly processes: readonly string[];
  /** No more will come to it: a process is compared with once, and what it had counted before need not wait for the others. */
  readonly isFinal: boolean;
  /** When the first of it was appended to the log, ms. */
  readonly appendedAt: number;
}

/** Slots of the node that an increase can reach back. */
export const reachSlots = 3;
/** ms that a clock may be ahead of the log's. */
const aheadMs = 60_000;
/** Polls of a process that are kept at most, however many slots may still come to more. */
const maxAnswers = 12;

/**
 * What the processes of one node had counted at their last polls. A process is the same one as before while its pid stays and its uptime does
 * not fall; what is compared lies at most three slots back, so that whoever reads the log again from its base comes to the same rates.
 * What a process counted between two of its polls is told once: in the slot of the later one.
 */
export class NodeHistory {
  /** By process, the newest slot first. */
  readonly #answers = new Map<string, readonly Counted[]>();
  /** Slots that may come to more, and up to which newer slot. */
  readonly #growing = new Map<number, number>();
  #newest = -Infinity;
  /** The slot that is merged for good, without a process in whose memory another counts. */
  #final: number | undefined;

  /** Of all that is kept. */
  get bytes(): number {
    let bytes = 0;
    for (const answers of this.#answers.values())
      for (const { rows } of answers) for (const each of rows.values()) bytes += each.bytes;
    return bytes;
  }

  /** What is known of the process before this poll; undefined: nothing that its counters could be compared with. */
  formerOf(asked: Asked & Life): Former | undefined {
    if (this.#answers.get(asked.process)?.some((answer) => isBeforeSetBack(answer, asked)))
      this.#forgetAfter(asked.slot);
    const own = this.#answers.get(asked.process) ?? [];
    if (own.some((later) => isTold(later, asked))) return undefined;
    const counted = newestBefore(asked, own, isSameLife) ?? this.#renamed(asked);
    if (counted) return { counted, isNew: false, ...reach(asked, counted) };
    const last = this.#lastPollBefore(asked);
    return last && { counted: undefined, isNew: true, ...reach(asked, last) };
  }

  /** Processes merged before it in its slot that may count in the same memory: of an old worker all others, of a new one the old. */
  twinsOf(asked: Asked & Life): TwinProcess[] {
    return [...this.#answers.values()].flatMap((answers) => {
      const now = answers.find(({ slot }) => slot === asked.slot);
      if (!now || now.process === asked.process || !(now.isStopping || asked.isStopping)) return [];
      return [{ now, before: newestBefore(now, answers, isSameLife) ?? this.#renamed(now) }];
    });
  }

  /** Before the processes of a slot are merged. */
  begin(slot: number, { processes, isFinal, appendedAt }: Beginning): void {
    this.#forgetAfter(Math.max(slot, appendedAt + aheadMs));
    const names = [...processes, ...this.#answers.keys()];
    const stops = [...this.#answers.values()].some((answers) => answers.some(({ isStopping }) => isStopping));
    const isAlone = !stops && names.every((name) => masterOf(name) === undefined);
    const isLast = slot > this.#newest && [...this.#growing.keys()].every((each) => each === slot);
    this.#final = isFinal && isAlone && isLast ? slot : undefined;
  }

  /** Keeps what a process has counted; of one slot what was merged last. */
  keep(counted: Counted): void {
    const before = this.#answers.get(counted.process) ?? [];
    const others = before.filter(({ slot }) => slot !== counted.slot);
    const answers = [...others, counted].toSorted((a, b) => b.slot - a.slot).slice(0, maxAnswers);
    const isFinal = this.#final === counted.slot;
    this.#replace(counted.process, isFinal ? [counted, ...answers.slice(1).map(withoutRows)] : answers);
  }

  /**
   * After a slot is merged. One to which more may come, for so many ms, is merged anew then: until so much newer slots come, what it was
   * compared with is kept.
   */
  merged({ slot, intervalMs }: Pick<Asked, 'slot' | 'intervalMs'>, growsForMs: number): void {
    this.#newest = Math.max(this.#newest, slot);
    this.#growing.delete(slot);
    if (growsForMs > 0) this.#growing.set(slot, slot + growsForMs);
    for (const [each, until] of this.#growing) if (this.#newest > until) this.#growing.delete(each);
    const oldest = Math.min(this.#newest + 1, ...this.#growing.keys());
    for (const [process, answers] of this.#answers) {
      const before = answers.findIndex((answer) => answer.slot < oldest);
      const kept = before < 0 ? answers : answers.slice(0, before + 1);
      const isHere = Math.min(oldest, this.#newest) - kept.at(-1)!.slot <= reachSlots * intervalMs;
      this.#replace(process, isHere ? kept : kept.slice(0, -1));
    }
  }

  /** Of slots behind this one: the clock that named them was wrong, and has been set right. */
  #forgetAfter(slot: number): void {
    if (this.#newest <= slot) return;
    for (const [process, answers] of this.#answers) {
      const kept = answers.filter((answer) => answer.slot <= slot);
      if (kept.length < answers.length) this.#replace(process, kept);
    }
    for (const each of this.#growing.keys()) if (each > slot) this.#growing.delete(each);
    this.#newest = Math.max(-Infinity, ...[...this.#answers.values()].flat().map((answer) => answer.slot));
  }

  /** What is not among the new answers is not read any more. */
  #replace(process: string, answers: readonly Counted[]): void {
    const before = this.#answers.get(process) ?? [];
    for (const answer of before)
      if (!answers.includes(answer)) for (const rows of answer.rows.values()) rows.letGo();
    if (answers.length > 0) this.#answers.set(process, answers);
    else this.#answers.delete(process);
  }

  /** A worker that its master is asked for, before its socket answers or after the socket is that of a newer one: then that names it. */
  #renamed(asked: Asked & Life): Counted | undefined {
    const isOfMaster = masterOf(asked.process) !== undefined;
    const others = [...this.#answers].filter(([name]) => isOfMaster || masterOf(name) !== undefined);
    return newestBefore(
      asked,
      others.flatMap(([, answers]) => answers),
      isSameLifeRenamed,
    );
  }

  /** The last poll of the node, where the process had not begun then. */
  #lastPollBefore(asked: Asked & Life): Counted | undefined {
    const last = newestBefore(asked, [...this.#answers.values()].flat());
    if (!last) return undefined;
    const elapsed = asked.askedAt - last.askedAt;
    const longest = this.#hasTakenOver(asked, last) ? asked.uptime : asked.uptime + 1;
    return longest * 1_000 <= elapsed ? last : undefined;
  }

  /** At the last poll another process answered under its name, or its master did not name it yet: so it had not begun, whatever is lost by rounding. */
  #hasTakenOver({ process }: Asked, { slot }: Asked): boolean {
    const master = masterOf(process);
    for (const [name, answers] of this.#answers) {
      const isKin = name === process || (master !== undefined && masterOf(name) === master);
      if (isKin && answers.some((answer) => answer.slot === slot)) return true;
    }
    return false;
  }
}

/** Its slot comes later, though the process has lived longer since: the clock that names slots was set back in between. */
function isBeforeSetBack(answer: Counted, asked: Asked & Life): boolean {
  return answer.slot > asked.slot && isSameLife(answer, asked) && asked.uptime > answer.uptime;
}

/** That it answered, and when, is still known. */
function withoutRows(answer: Counted): Counted {
  return { ...answer, rows: new Map(), isWhole: false };
}

/** The rows of one kind of twins. */
export function twinRowsOf(twins: readonly TwinProcess[], kind: RowKind): Twin[] {
  return twins.flatMap(({ now, before }) => {
    const rows = now.rows.get(kind);
    return rows ? [{ now: rows, before: before?.rows.get(kind) }] : [];
  });
}

export function basisOf(former: Former | undefined, kind: RowKind): Basis | undefined {
  if (!former) return undefined;
  const { counted, isNew, share } = former;
  return { before: counted?.rows.get(kind), newRowsCount: isNew || counted?.isWhole === true, share };
}

function newestBefore(
  asked: Asked & Life,
  answers: readonly Counted[],
  isWanted: (before: Life, life: Life) => boolean = () => true,
): Counted | undefined {
  const { slot, intervalMs } = asked;
  return answers
    .filter((answer) => answer.slot < slot && slot - answer.slot <= reachSlots * intervalMs)
    .filter((answer) => isWanted(answer, asked))
    .reduce<Counted | undefined>(
      (newest, each) => (newest && newest.slot >= each.slot ? newest : each),
      undefined,
    );
}

/** What it counted up to now is part of what was told of a later slot. */
function isTold({ slot, since }: Counted, asked: Asked): boolean {
  return slot > asked.slot && since !== undefined && since < asked.slot;
}

function reach({ slot, intervalMs }: Asked, before: Asked): Pick<Former, 'since' | 'share'> {
  return { since: before.slot, share: intervalMs / (slot - before.slot) };
}
