import type { FramePart, LogEntry, Position, RawChunk } from '@haproxystats/messaging';
import type { Question, SlotKey, Verdict } from '../../apps/processor/src/coordinator/coordinator';
import { FallbackCoordinator } from '../../apps/processor/src/coordinator/fallback.coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { PartitionState } from '../../apps/processor/src/node/partition-state';
import { Snapshot } from '../../apps/processor/src/node/snapshot';
import { CoverageFilter, slotName } from '../../libs/sinks/src/coverage-filter';
import type { Fault } from './tally';

/** Puts the shipped code back. */
type Repair = () => void;

/** What somebody might get wrong, planted into the shipped classes; the model must notice it as one of `seenAs`. */
export interface PlantedFault {
  readonly name: string;
  readonly seenAs: readonly Fault[];
  plant(): Repair;
}

type Method<M> = M extends (...args: infer A) => infer R ? (...args: A) => R : never;
/** A method that takes the place of a shipped one, and may call it. */
type Replacement<T, M> = M extends (...args: infer A) => infer R
  ? (self: T, original: Method<M>, ...args: A) => R
  : never;

function replace<T extends object, N extends keyof T>(
  { prototype }: { readonly prototype: T },
  name: N,
  replacement: Replacement<T, T[N]>,
): Repair {
  const shipped = prototype[name] as (...args: unknown[]) => unknown;
  const planted = replacement as (self: T, ...args: unknown[]) => unknown;
  const value = function (this: T, ...args: unknown[]): unknown {
    return planted(this, shipped.bind(this), ...args);
  };
  Object.defineProperty(prototype, name, { value });
  return () => void Object.defineProperty(prototype, name, { value: shipped });
}

/** What a planted fault remembers beside an object. */
function notes<V>(make: () => V): (beside: object) => V {
  const kept = new WeakMap<object, V>();
  return (beside) => {
    const known = kept.get(beside) ?? make();
    kept.set(beside, known);
    return known;
  };
}

type Done = [key: SlotKey, members: readonly string[]];

const nameOf = ({ entity, slot }: SlotKey) => `${entity} ${slot}`;

/** Replaces what a partition commits; `next` is the position just behind the last record. */
function replacePosition(
  replacement: (state: PartitionState, right: Position, next: number) => Position,
): Repair {
  const seen = notes(() => ({ next: 0 }));
  const repairs = [
    replace(PartitionState, 'pass', (state, original, entry: LogEntry) => {
      seen(state).next = entry.next;
      original(entry);
    }),
    replace(PartitionState, 'position', (state, original: () => Position) =>
      replacement(state, original(), seen(state).next),
    ),
  ];
  return () => repairs.forEach((repair) => repair());
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
          if (verdict === 'EMIT') await ledger.done(question, question.held);
          return verdict;
        },
      ),
  },
  {
    name: 'takes what the ledger has heard of for what it has emitted itself',
    seenAs: ['lost'],
    plant: () => {
      const heard = notes(() => new Map<string, readonly string[]>());
      const repairs = [
        replace(MemoryCoordinator, 'decide', (ledger, original, question: Question): Promise<Verdict> => {
          const name = nameOf(question);
          heard(ledger).set(name, [...(heard(ledger).get(name) ?? []), ...question.held]);
          return original(question);
        }),
        replace(MemoryCoordinator, 'done', (ledger, original, ...[key, members]: Done): Promise<void> =>
          original(key, heard(ledger).get(nameOf(key)) ?? members),
        ),
      ];
      return () => repairs.forEach((repair) => repair());
    },
  },
  {
    name: 'compares how many members were emitted instead of which',
    seenAs: ['lost'],
    plant: () => {
      const emitted = notes(() => new Map<string, number>());
      const repairs = [
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
      ];
      return () => repairs.forEach((repair) => repair());
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
];

/** The chunk as if it were of a process of its own. */
function again(chunk: RawChunk): RawChunk {
  const process = `${chunk.process} again`;
  const chunks = { ...chunk.manifest.chunks, [process]: chunk.parts };
  return { ...chunk, process, source: `${chunk.source}-again`, manifest: { ...chunk.manifest, chunks } };
}
