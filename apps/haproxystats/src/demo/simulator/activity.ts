import { addCounts, newCounts, type Counts } from './counts';

/** What a server, a backend or a frontend has done and is doing. */
export interface Activity {
  readonly counts: Counts;
  /** Requests within the last second, and the most there ever are. */
  readonly rate: number;
  readonly peakRate: number;
  /** Open sessions now, and the most there ever are. */
  readonly sessions: number;
  readonly peakSessions: number;
}

/** The activity of a proxy out of those of its parts. */
export function sumOf(parts: readonly Activity[]): Activity {
  const counts = newCounts();
  const sum = { rate: 0, peakRate: 0, sessions: 0, peakSessions: 0 };
  for (const part of parts) {
    addCounts(counts, part.counts);
    sum.rate += part.rate;
    sum.peakRate += part.peakRate;
    sum.sessions += part.sessions;
    sum.peakSessions += part.peakSessions;
  }
  return { counts, ...sum };
}
