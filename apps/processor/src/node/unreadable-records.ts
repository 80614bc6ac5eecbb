import { RecordFormatError, unfoldChunk, type DeadLetter } from '@haproxystats/messaging';
import type { UnreadableProcess } from './merge-node';
import type { Origin } from './origins';

/** The records in which a process lies that cannot be read, or not whole: each once, whatever is wrong with it. */
export function unreadableRecords(
  faults: readonly UnreadableProcess[],
  originsOf: (process: string) => readonly Origin[],
): DeadLetter[] {
  const processes = Map.groupBy(faults, ({ process }) => process);
  return [...processes].flatMap(([process, ofIt]) => letters(originsOf(process), ofIt));
}

/** A chunk that cannot be unfolded is to blame alone; for the text of a process all its chunks are. */
function letters(origins: readonly Origin[], faults: readonly UnreadableProcess[]): DeadLetter[] {
  const [first] = faults;
  if (!first || !(first.error instanceof RecordFormatError)) {
    const error = new Error(faults.map(told).join('; '));
    return origins.map((origin) => ({ ...origin, reason: 'text', error }));
  }
  const folded = origins.flatMap((origin, part) => unfoldingFault(origin, { process: first.process, part }));
  if (folded.length > 0) return folded;
  return origins.map((origin) => ({ ...origin, reason: 'chunk', error: first.error }));
}

function told({ half, error }: UnreadableProcess): string {
  return half === undefined ? error.message : `show ${half}: ${error.message}`;
}

/** None where it can be unfolded by itself. */
function unfoldingFault(origin: Origin, chunk: { process: string; part: number }): DeadLetter[] {
  try {
    unfoldChunk({ ...chunk, value: origin.entry.value });
    return [];
  } catch (error) {
    if (!(error instanceof RecordFormatError)) throw error;
    return [{ ...origin, reason: 'chunk', error }];
  }
}
