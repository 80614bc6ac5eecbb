import { masterOf } from '../counters/process-life';
import type { ProcessLife } from '../frame';

/** A life that was there, and the slot at which it was there last. */
export interface FormerLife {
  readonly life: ProcessLife;
  readonly seenAt: number;
}

export interface Matches<Each extends FormerLife> {
  /** As who each went on. */
  readonly same: ReadonlyMap<Each, ProcessLife>;
  /** Lives that began, and whose place they took, if anyone's. */
  readonly fresh: readonly { readonly life: ProcessLife; readonly former: Each | undefined }[];
  /** Those that are not among them, and have no successor. */
  readonly lost: readonly Each[];
}

/** HAProxy before 2.4 tells its uptime in seconds: so far two times of the same start can be apart. */
const startSlackMs = 3_000;

/** The name of a process, or of the master that all its workers have in common. */
export function nameOf({ process }: ProcessLife): string {
  return masterOf(process) ?? process;
}

/**
 * Finds who is who. A process has its name, its pid and its start; as an old worker it is reached under another name. A new one under its name,
 * or that of its master, takes its place: it stops, will in a moment, or is not there any more.
 */
export function matchLives<Each extends FormerLife>(
  former: readonly Each[],
  now: readonly ProcessLife[],
): Matches<Each> {
  const same = new Map<Each, ProcessLife>();
  const byName = groups(former, ({ life }) => life.process);
  const renamed = now.filter(
    (life) => !claim(byName.get(life.process), (each) => isSame(each, life), { same, life }),
  );
  const byPid = groups(
    former.filter((each) => !same.has(each)),
    ({ life }) => life.pid,
  );
  const fresh = renamed.filter(
    (life) => !claim(byPid.get(life.pid), (each) => isRenamed(each, life), { same, life }),
  );
  const lost = new Set(former.filter((each) => !same.has(each)));
  const isEnding = (each: Each): boolean => lost.has(each) || same.get(each)?.isStopping === true;
  const served = former.filter(({ life }) => !life.isStopping);
  const heirs = groups(
    [...served.filter(isEnding), ...served.filter((each) => !isEnding(each))],
    ({ life }) => nameOf(life),
  );
  const begun = fresh.map((life) => ({
    life,
    former: life.isStopping ? undefined : heirs.get(nameOf(life))?.shift(),
  }));
  for (const each of begun) if (each.former) lost.delete(each.former);
  return { same, fresh: begun, lost: [...lost] };
}

/** The first of them that fits goes on as `life`. */
function claim<Each extends FormerLife>(
  among: Each[] | undefined,
  fits: (each: Each) => boolean,
  { same, life }: { same: Map<Each, ProcessLife>; life: ProcessLife },
): boolean {
  const at = among?.findIndex(fits) ?? -1;
  if (at < 0) return false;
  same.set(among!.splice(at, 1)[0]!, life);
  return true;
}

/** One of that name began after the other was seen last, or it is the other. */
function isSame({ life, seenAt }: FormerLife, { pid, startedAt }: ProcessLife): boolean {
  const isLater = startedAt > life.startedAt + startSlackMs && startedAt > seenAt;
  return pid === life.pid && !isLater;
}

function isRenamed({ life }: FormerLife, { startedAt }: ProcessLife): boolean {
  return Math.abs(startedAt - life.startedAt) <= startSlackMs;
}

function groups<Each, Key>(all: readonly Each[], keyOf: (each: Each) => Key): Map<Key, Each[]> {
  const found = new Map<Key, Each[]>();
  for (const each of all) {
    const group = found.get(keyOf(each));
    if (group) group.push(each);
    else found.set(keyOf(each), [each]);
  }
  return found;
}
