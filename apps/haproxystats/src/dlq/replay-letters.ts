import {
  originalRecord,
  type DeadLetterStore,
  type LogEntry,
  type LogRecord,
  type StoredLetter,
} from '@haproxystats/messaging';
import { printable } from '../display';
import { matches, type LetterFilter } from './letter-filter';
import type { Streams } from './list-letters';
import { stateOf, type LetterState } from './letter-table';
import { placeOf, readLetters } from './read-letters';

/** Where the originals lay. */
export interface OriginalLogs {
  /** Whether records of this topic may be put back: a letter could name any. */
  takes(topic: string): boolean;
  /** Rejects, with a message for a person, when it is not taken in time. */
  append(topic: string, record: LogRecord, signal: AbortSignal): Promise<void>;
}

export interface ReplayPorts extends Streams {
  readonly store: DeadLetterStore;
  readonly logs: OriginalLogs;
  readonly stop: AbortSignal;
}

/** Why letters are left where they are. */
const leftBecause: Readonly<Record<Exclude<LetterState, 'new'> | 'foreign', string>> = {
  replayed: 'was put back before',
  again: 'failed again after it was put back: putting it back once more would not help',
  cut: 'is not whole: a part had no room in the queue',
  foreign: 'is of no topic that is read here',
};

type Left = keyof typeof leftBecause;

/** Puts letters back into the topics they come from, each once; answers the exit status: 0 done, 1 nothing was, 2 a part. Goes on where nobody reads what it says. */
export async function replayLetters(filter: LetterFilter, ports: ReplayPorts): Promise<number> {
  const { store, stop, out, err } = ports;
  for (const stream of [out, err]) stream.on('error', () => undefined);
  const replayed = new Set<string>();
  const unreadable = await readLetters(
    store,
    { letter: () => undefined, mark: (place) => void replayed.add(place) },
    stop,
  );
  const replay = new Replay(ports, replayed);
  const letter = async (each: StoredLetter, entry: LogEntry): Promise<void> => {
    if (matches(filter, each, entry.appendedAt)) await replay.take(each, entry);
  };
  let failure: unknown;
  try {
    await readLetters(store, { letter, mark: () => undefined }, stop);
  } catch (error) {
    failure = error;
    err.write(`stopped: ${stop.aborted ? 'told to' : printable(messageOf(error))}\n`);
  }
  err.write(
    `${replay.putBack} of ${replay.found} dead letters put back${unreadable > 0 ? `; ${unreadable} entries are none` : ''}\n`,
  );
  return statusOf({
    putBack: replay.putBack,
    isPart: failure !== undefined || replay.lost > 0 || unreadable > 0,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function statusOf({ putBack, isPart }: { putBack: number; isPart: boolean }): number {
  if (!isPart) return 0;
  return putBack > 0 ? 2 : 1;
}

class Replay {
  found = 0;
  putBack = 0;
  /** Left for what no later try can change, and not because it is done. */
  lost = 0;
  /** Originals: two readers may have put aside the same, or one twice. */
  readonly #done = new Set<string>();

  constructor(
    private readonly ports: ReplayPorts,
    private readonly replayed: ReadonlySet<string>,
  ) {}

  async take(letter: StoredLetter, entry: LogEntry): Promise<void> {
    const { store, logs, stop } = this.ports;
    this.found++;
    const left = this.#leftBecause(letter, entry);
    if (left) {
      this.#tellLeft(letter, left);
      return;
    }
    const original = `${letter.topic}/${letter.partition}/${letter.offset}`;
    if (!this.#done.has(original)) await logs.append(letter.topic, originalRecord(entry), stop);
    this.#done.add(original);
    this.putBack++;
    this.#tell(letter, 'put back');
    await store.markReplayed(entry, stop);
  }

  #leftBecause(letter: StoredLetter, entry: LogEntry): Left | undefined {
    const state = stateOf({ letter, keptAt: entry.appendedAt, place: placeOf(entry) }, this.replayed);
    if (state !== 'new') return state;
    return this.ports.logs.takes(letter.topic) ? undefined : 'foreign';
  }

  #tellLeft(letter: StoredLetter, left: Left): void {
    if (left === 'cut' || left === 'foreign') this.lost++;
    this.#tell(letter, `left: ${leftBecause[left]}`);
  }

  #tell({ topic, partition, offset, node = '-', process = '-' }: StoredLetter, what: string): void {
    this.ports.out.write(printable(`${topic}/${partition}/${offset}  ${node}  ${process}  ${what}`) + '\n');
  }
}
