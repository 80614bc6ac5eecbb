import { InvalidArgumentError } from 'commander';
import { systemClock } from '@haproxystats/runtime';

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const duration = /^(\d{1,6})([smhd])$/;
const calendar = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?(Z|[+-]\d{2}:\d{2})?$/;
/** Seconds since the epoch, from the year 1973 to 2286: what is shorter is rather a typing mistake. */
const unixSeconds = /^\d{9,10}$/;

/** What a time may be, for a message. */
export const timeForms = '2026-11-20T10:00:00Z, 2026-11-20 10:00, 1795168800, 2h or now';
/** For texts of help. */
export const aboutTimes =
  'TIME: 2026-11-20T10:00:00Z, 2026-11-20 10:00 (UTC, as all times that are printed), seconds since the epoch,\n30s, 15m, 2h or 7d before now, also as -2h, or now.';

/** ms since the epoch; undefined for what is no time. */
export function parseTime(text: string, now: number): number | undefined {
  if (text === 'now') return now;
  if (unixSeconds.test(text)) return Number(text) * 1_000;
  const ago = parseDuration(text.replace(/^-/, ''));
  return ago === undefined ? parseCalendar(text) : now - ago;
}

/** ms; undefined for what is no length of time such as `15m`. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = duration.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * units[unit]!;
}

function parseCalendar(text: string): number | undefined {
  const [, date, time = '00:00', zone = 'Z'] = calendar.exec(text) ?? [];
  if (date === undefined || !isDay(date)) return undefined;
  const ms = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Date takes 30 February for a day in March. */
function isDay(date: string): boolean {
  const time = new Date(`${date}T00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date);
}

/** An option of a command. */
export function timeOption(text: string): number {
  const time = parseTime(text, systemClock.wall());
  if (time === undefined) throw new InvalidArgumentError(`such as ${timeForms}.`);
  return time;
}
