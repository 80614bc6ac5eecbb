import type { Info } from '@haproxystats/haproxy';
import type { ProcessLife } from '../frame';

/** When a process was asked. */
export interface Asked {
  readonly process: string;
  /** Start of the slot, ms since the epoch. */
  readonly slot: number;
  readonly intervalMs: number;
  /** When the poll began, ms since the epoch, by the clock of the puller. */
  readonly askedAt: number;
}

/** Which process it is, among all that ever answered under a name. */
export interface Life {
  readonly pid: number;
  /** Seconds, rounded down. */
  readonly uptime: number;
  /** ms since the epoch, to the second. */
  readonly startedAt: number;
  /** It takes no new connections. */
  readonly isStopping: boolean;
}

/** `show info` before 2.4 does not tell when the process started: that is two seconds, rounded, apart from poll to poll. */
const startSlackMs = 2_000;

/** More than any system has: Linux counts to 4,194,304. */
export const largestPid = 10_000_000;

/** Of a process that was asked at that time, ms; undefined where its `show info` does not tell, or tells what cannot be. */
export function lifeOf({ numbers }: Info, askedAt: number): Life | undefined {
  const pid = numbers.get('Pid');
  const uptime = numbers.get('Uptime_sec');
  if (pid === undefined || uptime === undefined || !isPid(pid)) return undefined;
  const start = numbers.get('Start_time_sec');
  const startedAt = start === undefined ? askedAt - uptime * 1_000 : start * 1_000;
  if (!Number.isSafeInteger(startedAt)) return undefined;
  return { pid, uptime, startedAt, isStopping: (numbers.get('Stopping') ?? 0) > 0 };
}

function isPid(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= largestPid;
}

const maxVersionLength = 128;

/** Who it is, for those who look at a node from outside; none where its `show info` does not tell. */
export function livesIn(info: Info, { process, askedAt }: Pick<Asked, 'process' | 'askedAt'>): ProcessLife[] {
  const life = lifeOf(info, askedAt);
  if (!life) return [];
  const { pid, startedAt, isStopping } = life;
  const version = (info.texts.get('Version') ?? '').slice(0, maxVersionLength);
  return [{ process, pid, startedAt, version, ...(isStopping && { isStopping }) }];
}

/** Whether it is the one that answered before. */
export function isSameLife(before: Life, { pid, uptime }: Life): boolean {
  return before.pid === pid && uptime >= before.uptime;
}

/** The same where names do not tell: pids alone repeat from pod to pod. */
export function isSameLifeRenamed(before: Life, life: Life): boolean {
  return isSameLife(before, life) && Math.abs(before.startedAt - life.startedAt) <= startSlackMs;
}

const behindMaster = /^(.*)@!\d+$/;

/** The master through which a process was asked; undefined for one with a socket of its own. */
export function masterOf(process: string): string | undefined {
  return behindMaster.exec(process)?.[1];
}
