import type { FrameHead, MissingProcess, ProcessLife } from '../frame';
import { matchLives, type FormerLife } from './match-lives';

/** What became of a process. Times are ms since the epoch. */
export type LifeChange =
  | { readonly what: 'started'; readonly life: ProcessLife }
  | { readonly what: 'reloaded'; readonly life: ProcessLife; readonly former: ProcessLife }
  /** `slot`: the first one without it; `reason`: why it gave no answer, '' where it is not even named any more. */
  | { readonly what: 'gone'; readonly life: ProcessLife; readonly slot: number; readonly reason: string };

/** A process that was there. */
interface Known extends FormerLife {
  life: ProcessLife;
  seenAt: number;
  /** The first slot at which it was not. */
  missedAt: number;
  /** Slots, one behind the other, without it or with a part of it: up to the newest, and to the one before. */
  missed: number;
  missedBefore: number;
  /** Nothing of it is in the newest frame. */
  isLost: boolean;
}

interface Sight {
  readonly isNewSlot: boolean;
  readonly debounce: number;
  /** Nobody may be waited for any longer. */
  readonly isLast: boolean;
}

/** Slots for which a process is waited for that may live, and gives no answer. */
const patience = 4;
/** With these nobody is there. All other reasons can be those of a process that lives. */
const isOver: ReadonlySet<string> = new Set<MissingProcess['reason']>(['refused', 'absent']);

/** Who the processes of a node are, over their lives: another pid, or a later start, is another life. */
export class ProcessLives {
  #known: Known[] = [];
  #isKnown = false;

  /** Nobody is missing, or it is not waited for. */
  get isWhole(): boolean {
    return this.#known.every(({ missed }) => !isWaitedFor(missed));
  }

  /** Whoever begins with the frame that was seen last knows the same. `isFinal`: no more will come of its slot. */
  isSettled(isFinal: boolean): boolean {
    if (this.#known.some(({ isLost }) => isLost)) return false;
    return this.isWhole && (isFinal || this.#known.every(({ missedBefore }) => !isWaitedFor(missedBefore)));
  }

  /** What has changed; at first sight nothing has, and nobody is waited for. Frames of programs that do not tell of processes change nothing. */
  see(head: FrameHead, { isNewSlot, debounce, isLast }: Sight): LifeChange[] {
    const { missing, slot } = head;
    const processes = livesIn(head);
    if (!processes) return [];
    const reasons = new Map(missing.map(({ process, reason }) => [process, reason]));
    if (isNewSlot) for (const each of this.#known) each.missedBefore = each.missed;
    const { same, fresh, lost } = matchLives(this.#known, processes);
    for (const [each, life] of same) Object.assign(each, { life, seenAt: slot, isLost: false });
    for (const each of same.keys()) miss(each, slot, reasons.has(each.life.process));
    for (const each of lost) {
      each.isLost = true;
      miss(each, slot, true);
    }
    const gone = lost.filter((each) => {
      const { missed, life } = each;
      return isLast || missed >= slotsUntilGone(reasons.get(life.process), debounce);
    });
    const waiting = lost.filter((each) => !gone.includes(each));
    this.#known = [...same.keys(), ...waiting, ...fresh.map(({ life }) => knownFrom(life, slot))];
    const isFirst = !this.#isKnown;
    this.#isKnown = true;
    if (isFirst || isLast) this.#stopWaiting(reasons);
    if (isFirst) return [];
    return [...fresh.map(begun), ...gone.map((each) => ended(each, reasons.get(each.life.process)))];
  }

  #stopWaiting(reasons: ReadonlyMap<string, unknown>): void {
    for (const each of this.#known)
      each.missed = each.missedBefore = reasons.has(each.life.process) ? patience : 0;
  }
}

/** None where no process answered; undefined in frames of programs that do not tell. */
function livesIn({ processes, coverage }: FrameHead): readonly ProcessLife[] | undefined {
  return processes ?? (coverage.covered === 0 ? [] : undefined);
}

function begun({ life, former }: { life: ProcessLife; former: Known | undefined }): LifeChange {
  return former ? { what: 'reloaded', life, former: former.life } : { what: 'started', life };
}

function ended({ life, missedAt }: Known, reason: string | undefined): LifeChange {
  return { what: 'gone', life, slot: missedAt, reason: reason ?? '' };
}

/** How many slots a process may miss before it is gone. */
function slotsUntilGone(reason: string | undefined, debounce: number): number {
  return reason === undefined || isOver.has(reason) ? debounce : Math.max(debounce, patience);
}

function knownFrom(life: ProcessLife, slot: number): Known {
  return { life, seenAt: slot, missedAt: slot, missed: 0, missedBefore: 0, isLost: false };
}

function isWaitedFor(missed: number): boolean {
  return missed > 0 && missed < patience;
}

function miss(each: Known, slot: number, isMissing: boolean): void {
  if (!isMissing) {
    each.missed = 0;
    return;
  }
  each.missed = each.missedBefore + 1;
  if (each.missed === 1) each.missedAt = slot;
}
