import {
  readRawChunk,
  RecordFormatError,
  unfoldChunk,
  type FramePart,
  type LogEntry,
  type PartitionSession,
  type Position,
  type RawChunk,
} from '@haproxystats/messaging';
import type { Question, SlotKey, Verdict } from '../../apps/processor/src/coordinator/coordinator';
import { FallbackCoordinator } from '../../apps/processor/src/coordinator/fallback.coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import { graceMs, PartitionState } from '../../apps/processor/src/node/partition-state';
import { Snapshot } from '../../apps/processor/src/node/snapshot';
import { Unreadable } from '../../apps/processor/src/node/unreadable';
import { CoverageFilter, slotName } from '../../libs/sinks/src/coverage-filter';
import { allOf, notes, replace, type Repair } from './replace';
import type { Scenario } from './scenario';
import { Session } from './session';
import type { Fault } from './tally';

/** What somebody might get wrong, planted into the shipped classes; the model must notice it as one of `seenAs`. */
export interface PlantedFault {
  readonly name: string;
  readonly seenAs: readonly Fault[];
  /** The worlds in which it can be seen; unless given, all. */
  readonly seenIn?: (scenario: Scenario) => boolean;
  plant(): Repair;
}

type Done = [key: SlotKey, members: readonly string[]];

const nameOf = ({ entity, slot }: SlotKey) => `${entity} ${slot}`;

/** Replaces what a partition commits; `next` is the position just behind the last record. */
function replacePosition(
  replacement: (state: PartitionState, right: Position, next: number) => Position,
): Repair {
  const seen = notes(() => ({ next: 0 }));
  return allOf([
    replace(PartitionState, 'pass', (state, original, entry: LogEntry) => {
      seen(state).next = entry.next;
      original(entry);
    }),
    replace(PartitionState, 'position', (state, original: () => Position) =>
      replacement(state, original(), seen(state).next),
    ),
  ]);
}

/** Replaces the tick with which a session ends that is closed in order. */
function replaceLastTick(
  replacement: (session: Session, original: () => Promise<void>) => Promise<void>,
): Repair {
  return replace(NodeRole, 'tick', (_, original, session: PartitionSession): Promise<void> => {
    const isLast = session instanceof Session && session.isClosing;
    return isLast ? replacement(session, () => original(session)) : original(session);
  });
}

export const plantedFaults: readonly PlantedFault[] = [
  {
    name: 'commits at the position instead of the watermark',
    seenAs: ['lost'],
    plant: () => replacePosition((_, { base }, next) => ({ watermark: next, base })),
  },
  {
    name: 'holds no watermark for a snapshot that waits for another puller',
    seenAs: ['lost'],
    plant: () =>
      replacePosition((state, { base }, next) => {
        const held = state.unsettled().filter(({ complete }) => !complete);
        return { watermark: Math.min(next, ...held.map(({ first }) => first.offset)), base };
      }),
  },
  {
    name: 'ignores B: reads again from the watermark only',
    seenAs: ['unprimed'],
    plant: () => replacePosition((_, { watermark }) => ({ watermark, base: watermark })),
  },
  {
    name: 'never moves B: all of the log is read again',
    seenAs: ['stuck'],
    plant: () => replacePosition((_, { watermark }) => ({ watermark, base: 0 })),
  },
  {
    name: 'counts a process again that another poll brings',
    seenAs: ['doubled'],
    plant: () =>
      replace(Snapshot, 'add', (snapshot, original, chunk: RawChunk): boolean => {
        const isAgain = snapshot.arrived.includes(chunk.process);
        return original(isAgain ? again(chunk) : chunk);
      }),
  },
  {
    name: 'mixes the chunks of two polls',
    seenAs: ['wrong', 'lost'],
    plant: () =>
      replace(Snapshot, 'add', (_, original, chunk: RawChunk): boolean =>
        original({ ...chunk, source: 'any', startedAt: 1 }),
      ),
  },
  {
    name: 'knows no grace',
    seenAs: ['lost'],
    plant: () => replace(PartitionState, 'unsettled', (): Snapshot[] => []),
  },
  {
    name: 'says done before the frame is in its log',
    seenAs: ['lost'],
    plant: () =>
      replace(
        FallbackCoordinator,
        'decide',
        async (ledger, original, question: Question): Promise<Verdict> => {
          const verdict = await original(question);
          if (verdict === 'EMIT' || verdict === 'MORE') await ledger.done(question, question.held);
          return verdict;
        },
      ),
  },
  {
    name: 'takes what the ledger has heard of for what it has emitted itself',
    seenAs: ['lost'],
    plant: () => {
      const heard = notes(() => new Map<string, readonly string[]>());
      return allOf([
        replace(MemoryCoordinator, 'decide', (ledger, original, question: Question): Promise<Verdict> => {
          const name = nameOf(question);
          heard(ledger).set(name, [...(heard(ledger).get(name) ?? []), ...question.held]);
          return original(question);
        }),
        replace(MemoryCoordinator, 'done', (ledger, original, ...[key, members]: Done): Promise<void> =>
          original(key, heard(ledger).get(nameOf(key)) ?? members),
        ),
      ]);
    },
  },
  {
    name: 'compares how many members were emitted instead of which',
    seenAs: ['lost'],
    plant: () => {
      const emitted = notes(() => new Map<string, number>());
      return allOf([
        replace(
          MemoryCoordinator,
          'decide',
          async (ledger, original, question: Question): Promise<Verdict> => {
            const verdict = await original(question);
            const count = emitted(ledger).get(nameOf(question)) ?? -1;
            return count >= question.held.length ? 'DUP' : verdict;
          },
        ),
        replace(MemoryCoordinator, 'done', (ledger, original, ...[key, members]: Done): Promise<void> => {
          const counts = emitted(ledger);
          counts.set(nameOf(key), Math.max(members.length, counts.get(nameOf(key)) ?? 0));
          return original(key, members);
        }),
      ]);
    },
  },
  {
    name: 'keeps the first coverage instead of the highest',
    seenAs: ['lost'],
    plant: () => {
      const passed = notes(() => new Set<string>());
      return replace(CoverageFilter, 'isNews', (filter, _, { frame }: FramePart): boolean => {
        const name = slotName(frame.head);
        const isFirst = !passed(filter).has(name);
        passed(filter).add(name);
        return isFirst;
      });
    },
  },
  {
    name: 'commits at the position when it is closed',
    seenAs: ['lost'],
    seenIn: ({ closes }) => closes,
    plant: () =>
      replaceLastTick(async (session, original) => {
        await original();
        await session.commit({ watermark: session.next, base: 0 });
      }),
  },
  {
    name: 'commits nothing when it is closed',
    seenAs: ['stuck'],
    seenIn: ({ closes }) => closes,
    plant: () => replaceLastTick(() => Promise.resolve()),
  },
  {
    name: 'passes a record that cannot be read before it is put aside',
    seenAs: ['unburied'],
    plant: () => {
      type Letter = Parameters<Unreadable['record']>;
      const last = notes((): { letter?: Letter } => ({}));
      return replace(Unreadable, 'record', (unreadable, original, ...letter: Letter): Promise<void> => {
        const { letter: before } = last(unreadable);
        last(unreadable).letter = letter;
        return before ? original(...before) : Promise.resolve();
      });
    },
  },
  {
    name: 'puts no process aside that cannot be read',
    seenAs: ['unburied'],
    plant: () => replace(Unreadable, 'processes', (): Promise<boolean> => Promise.resolve(true)),
  },
  {
    name: 'does not pass a record that cannot be read',
    seenAs: ['stuck'],
    plant: () =>
      replace(PartitionState, 'pass', (_, original, entry: LogEntry): void => {
        if (isReadable(() => readRawChunk(entry))) original(entry);
      }),
  },
  {
    name: 'lets a process that cannot be read cost its whole node',
    seenAs: ['lost'],
    plant: () =>
      replace(Snapshot, 'chunksOf', (snapshot, original, process: string): readonly Buffer[] => {
        const all = snapshot.arrived.map((each) => original(each));
        const isWhole = (chunks: readonly Buffer[]) =>
          isReadable(() => chunks.map((value, part) => unfoldChunk({ process, part, value })));
        return all.find((chunks) => !isWhole(chunks)) ?? original(process);
      }),
  },
  {
    name: 'lets go of an open snapshot for want of memory',
    seenAs: ['lost'],
    plant: () =>
      replace(PartitionState, 'relieve', (state, original: () => Snapshot | undefined): undefined => {
        const oldest = original();
        if (oldest) state.settle(oldest, false);
      }),
  },
  {
    name: 'waits for grace though everything is there',
    seenAs: ['stuck'],
    plant: () =>
      replace(MemoryCoordinator, 'decide', async (_, original, question: Question): Promise<Verdict> => {
        const verdict = await original(question);
        return verdict === 'EMIT' && !question.force ? 'WAIT' : verdict;
      }),
  },
  {
    name: 'takes grace for twice as long as it is',
    seenAs: ['stuck'],
    plant: () => {
      const clock = notes(() => ({ now: 0 }));
      return allOf([
        replace(PartitionState, 'age', (state, original, now: number): void => {
          clock(state).now = now;
          original(now);
        }),
        replace(PartitionState, 'unsettled', (state, original: () => Snapshot[]): Snapshot[] =>
          original().filter((each) => clock(state).now - each.first.appendedAt >= 2 * graceMs(each)),
        ),
      ]);
    },
  },
  {
    name: 'lets nothing count that comes after grace',
    seenAs: ['lost'],
    plant: () => replace(PartitionState, 'age', (_, original, now: number): void => original(now + 60_000)),
  },
  {
    name: 'emits again whatever was emitted',
    seenAs: ['doubled'],
    // Without faults and with one owner nothing comes twice anyway.
    seenIn: ({ faults, closes }) => faults === 'none' && closes,
    plant: () => replace(MemoryCoordinator, 'done', (): Promise<void> => Promise.resolve()),
  },
  {
    name: 'takes one process for another',
    seenAs: ['wrong'],
    plant: () =>
      replace(Snapshot, 'chunksOf', ({ arrived }, original, process: string): readonly Buffer[] =>
        original(arrived[arrived.length - 1 - arrived.indexOf(process)]!),
      ),
  },
];

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof RecordFormatError)) throw error;
    return false;
  }
}

/** The chunk as if it were of a process of its own. */
function again(chunk: RawChunk): RawChunk {
  const process = `${chunk.process} again`;
  const chunks = { ...chunk.manifest.chunks, [process]: chunk.parts };
  return { ...chunk, process, source: `${chunk.source}-again`, manifest: { ...chunk.manifest, chunks } };
}
