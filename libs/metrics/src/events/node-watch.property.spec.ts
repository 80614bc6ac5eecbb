import fc from 'fast-check';
import { stateOf } from '@haproxystats/haproxy';
import {
  firstSlot,
  intervalMs,
  watchedFrame,
  type Said,
  type SeenProcess,
} from '../../../../test/support/watched-node';
import type { Frame } from '../frame';
import type { HaproxyEvent } from './event';
import { NodeWatch } from './node-watch';

const statuses = ['UP', 'UP 1/2', 'DOWN', 'MAINT', ''] as const;
const entities = ['web', 'be', 'be/s1', 'be/s2'];
const sockets = ['/run/1.sock', '/run/2.sock', '/run/3.sock'];

/** By slot, process and row; '' is a row that is not there. */
type World = readonly (readonly (readonly string[])[])[];

/** Most of it stays as it was the slot before. */
const worlds = (processes: number): fc.Arbitrary<World> =>
  fc
    .array(
      fc.array(
        fc.array(fc.option(fc.constantFrom(...statuses), { freq: 3 }), { minLength: 4, maxLength: 4 }),
        {
          minLength: processes,
          maxLength: processes,
        },
      ),
      { minLength: 2, maxLength: 40 },
    )
    .map((changes) => {
      const now = Array.from({ length: processes }, () => ['UP', 'UP', 'UP', 'UP']);
      return changes.map((slot) => {
        slot.forEach((rows, p) => rows.forEach((status, row) => (now[p]![row] = status ?? now[p]![row]!)));
        return now.map((rows) => [...rows]);
      });
    });

/** A process at one slot: with a socket of its own, or behind a master. */
type Worker = Omit<SeenProcess, 'rows'> & { readonly process: string };

/** By slot: the processes in each one's place; more than one are a worker and those whose place it took. */
type Workers = readonly (readonly (readonly Worker[])[])[];

/** What can be seen of a node. */
interface Scene {
  readonly world: World;
  /** By default a process with a socket of its own in each place. */
  readonly workers?: Workers;
}

function frameOf({ world, workers }: Scene, slot: number, missing: readonly number[] = []): Frame {
  const processes = world[slot]!.flatMap((statusOf, p): [string, Said['processes'][string]][] => {
    const seen = entities.flatMap((name, row) => (statusOf[row] === '' ? [] : [[name, statusOf[row]!]]));
    const rows = Object.fromEntries(seen) as Record<string, string>;
    const here = workers?.[slot]?.[p] ?? [{ process: sockets[p]!, pid: 7 + p }];
    return here.map(({ process, ...life }) => [process, missing.includes(p) ? 'timeout' : { rows, ...life }]);
  });
  return watchedFrame({ slot, processes: Object.fromEntries(processes) });
}

const moves = ['reload', 'restart', 'oneEnds', 'oldOnesEnd'] as const;
type Move = (typeof moves)[number] | null;

/** What becomes of those in one place; `next`: who begins there, if anyone does. */
function moved(now: readonly Worker[], move: Move, next: Worker): readonly Worker[] {
  const old = now.filter(({ isStopping }) => isStopping);
  if (move === null) return now;
  if (move === 'oneEnds') return now.filter((each) => each !== old[0]);
  if (move === 'oldOnesEnd') return now.filter((each) => !old.includes(each));
  const isBehindMaster = next.process.includes('@');
  const left = move === 'reload' && isBehindMaster ? now : [];
  return [...left.map((each) => ({ ...each, isStopping: true as const })), next];
}

/** Each pid is given once. The third process is not behind a master: it has no old workers. */
function begunAt(slot: number, p: number): Worker {
  const pid = 100 * (slot + 2) + p;
  return { process: p < 2 ? `${sockets[p]}@!${pid}` : sockets[p]!, pid, startedAt: slot - 0.5 };
}

const allWorkers = (processes: number): fc.Arbitrary<Workers> => {
  const move = fc.option(fc.constantFrom(...moves), { freq: 2 });
  const slot = fc.array(move, { minLength: processes, maxLength: processes });
  return fc.array(slot, { minLength: 40, maxLength: 40 }).map((slots) => {
    let now: Workers[number] = Array.from({ length: processes }, (_, p) => [begunAt(-1, p)]);
    return slots.map(
      (of, at) => (now = now.map((workers, p) => moved(workers, of[p] ?? null, begunAt(at, p)))),
    );
  });
};

/** The worst that any process sees. */
function stateIn(world: World, slot: number, row: number): string {
  const seen = world[slot]!.map((rows) => rows[row]!).filter((status) => status !== '');
  const worst = seen.toSorted((a, b) => stateOf(b).severity - stateOf(a).severity)[0];
  return worst === undefined ? '' : stateOf(worst).name;
}

/** Every state that lasts for so many slots and is another than the last one told, with its first slot. */
function changesIn(states: readonly string[], debounce: number): string[] {
  const runs: { state: string; slot: number; slots: number }[] = [];
  states.forEach((state, slot) => {
    if (runs.at(-1)?.state === state) runs.at(-1)!.slots++;
    else runs.push({ state, slot, slots: 1 });
  });
  let last = states[0]!;
  return runs.flatMap(({ state, slot, slots }) => {
    if (slots < debounce || state === last) return [];
    const change = `${slot} ${last} -> ${state}`;
    last = state;
    return [change];
  });
}

const isState = ({ type }: HaproxyEvent) => type === 'proxy_state' || type === 'server_state';
const short = ({ slot, from, to }: HaproxyEvent) => `${(slot - firstSlot) / intervalMs} ${from} -> ${to}`;

const allHows = ['plain', 'again', 'late', 'inTwo', 'missing'] as const;
type How = (typeof allHows)[number];

interface Stream extends Scene {
  readonly how: readonly How[];
}

/** A stream of frames as a log may have it: what is repeated, what comes late, what comes in two steps. */
function streams(processes: number, hows: readonly How[]): fc.Arbitrary<Stream> {
  const how = fc.array(fc.constantFrom(...hows), { minLength: 40, maxLength: 40 });
  return fc.record({ world: worlds(processes), how });
}

/** The same where processes come and go. */
function livelyStreams(processes: number): fc.Arbitrary<Stream> {
  return fc
    .tuple(streams(processes, allHows), allWorkers(processes))
    .map(([stream, workers]) => ({ ...stream, workers }));
}

function framesOf(stream: Stream): Frame[] {
  const { world, how } = stream;
  return world.flatMap((rows, slot) => {
    const silent = slot % rows.length;
    const whole = frameOf(stream, slot);
    const part = frameOf(stream, slot, [silent]);
    if (slot === 0 || how[slot] === 'plain') return [whole];
    if (how[slot] === 'again') return [whole, whole];
    if (how[slot] === 'late') return [whole, frameOf(stream, slot - 1, [0])];
    return how[slot] === 'inTwo' ? [part, whole, part] : [part];
  });
}

/** Of the slots that come in two steps only those whose first part shows nothing that the second one corrects. */
function withoutCorrections({ world, how }: Stream): Stream {
  const shown = (slot: number, row: number): string[] => {
    const part = world[slot]!.filter((_, p) => p !== slot % world[slot]!.length);
    return ['', stateIn(world, slot, row)].filter((state) => state === stateIn([part], 0, row));
  };
  const isFit = (_: unknown, slot: number) => entities.every((__, row) => shown(slot, row).length > 0);
  const fit = world.map(isFit);
  return { world, how: how.map((each, slot) => (each === 'inTwo' && !fit[slot] ? 'plain' : each)) };
}

/** Of one frame: in which order its events are told is not promised, but for those of one row, of which there is one. */
function idsOf(events: readonly HaproxyEvent[]): string[] {
  return events.map(({ id }) => id).toSorted();
}

describe('the events of a node', () => {
  const debounces = fc.integer({ min: 1, max: 4 });

  it('are each change that lasts, once and in order, and no other, whatever is repeated, late, or comes in two steps', () => {
    fc.assert(
      fc.property(streams(2, ['plain', 'again', 'late', 'inTwo']), debounces, (any, debounce) => {
        const stream = withoutCorrections(any);
        const { world } = stream;
        const watch = new NodeWatch(debounce);
        const events = framesOf(stream)
          .flatMap((frame) => watch.see([frame]).events)
          .filter(isState);
        entities.forEach((name, row) => {
          const own = events.filter(({ entity }) => entity.endsWith(` ${name}`)).map(short);
          const states = world.map((_, slot) => stateIn(world, slot, row));
          expect(own).toEqual(changesIn(states, debounce));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('make a chain for each entity that ends with what is seen, whatever is missing', () => {
    fc.assert(
      fc.property(streams(3, allHows), debounces, (stream, debounce) => {
        const { world } = stream;
        const watch = new NodeWatch(debounce);
        const longer = { world: [...world, ...Array.from({ length: debounce }, () => world.at(-1)!)] };
        const still = Array.from({ length: debounce }, (_, i) => frameOf(longer, world.length + i));
        const frames = [...framesOf(stream), ...still];
        const last = new Map<string, HaproxyEvent>();
        for (const event of frames.flatMap((frame) => watch.see([frame]).events).filter(isState)) {
          const before = last.get(event.entity);
          if (before) expect(event).toMatchObject({ from: before.to });
          expect(event.from).not.toBe(event.to);
          expect(event.slot).toBeGreaterThanOrEqual(before?.slot ?? 0);
          last.set(event.entity, event);
        }
        entities.forEach((name, row) => {
          const told = [...last].find(([entity]) => entity.endsWith(` ${name}`))?.[1].to;
          expect(told ?? stateIn(world, 0, row)).toBe(stateIn(world, world.length - 1, row));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('are none where nothing happens, whoever does not answer for three slots', () => {
    const silences = fc.array(fc.nat(3), { minLength: 20, maxLength: 20 });
    const still = fc.array(fc.array(fc.constantFrom(...statuses), { minLength: 4, maxLength: 4 }), {
      minLength: 2,
      maxLength: 2,
    });
    fc.assert(
      fc.property(still, silences, debounces, (rows, lengths, debounce) => {
        const watch = new NodeWatch(debounce);
        const missing = lengths.flatMap((length, i) => [[], ...Array.from({ length }, () => [i % 2])]);
        const world = missing.map(() => rows);
        const events = missing.flatMap(
          (silent, slot) => watch.see([frameOf({ world }, slot, silent)]).events,
        );
        expect(events).toEqual([]);
      }),
    );
  });

  it('have each an id of its own, that is the same where somebody takes over at any moment, beginning with the last frame after which nothing was pending', () => {
    fc.assert(
      fc.property(livelyStreams(3), debounces, (stream, debounce) => {
        const frames = framesOf(stream);
        const watch = new NodeWatch(debounce);
        let base = 0;
        const told = frames.map((frame, i) => {
          const { events, isBase } = watch.see([frame]);
          if (isBase) base = i;
          return { ids: idsOf(events), base };
        });
        const all = told.flatMap(({ ids }) => ids);
        expect(new Set(all).size).toBe(all.length);
        told.forEach((at, i) => {
          const next = new NodeWatch(debounce);
          frames.slice(at.base, i + 1).forEach((frame) => next.see([frame]));
          const after = frames.slice(i + 1).flatMap((frame) => idsOf(next.see([frame]).events));
          expect(after).toEqual(told.slice(i + 1).flatMap(({ ids }) => ids));
        });
      }),
      { numRuns: 150 },
    );
  });
});
