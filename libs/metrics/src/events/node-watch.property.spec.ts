import fc from 'fast-check';
import { stateOf } from '@haproxystats/haproxy';
import { firstSlot, intervalMs, watchedFrame, type Said } from '../../../../test/support/watched-node';
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

function frameOf(world: World, slot: number, missing: readonly number[] = []): Frame {
  const processes = world[slot]!.map((statusOf, p): [string, Said['processes'][string]] => {
    if (missing.includes(p)) return [sockets[p]!, 'timeout'];
    const rows = entities.flatMap((name, row) => (statusOf[row] === '' ? [] : [[name, statusOf[row]!]]));
    return [sockets[p]!, { rows: Object.fromEntries(rows) as Record<string, string>, pid: 7 + p }];
  });
  return watchedFrame({ slot, processes: Object.fromEntries(processes) });
}

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

interface Stream {
  readonly world: World;
  readonly how: readonly How[];
}

/** A stream of frames as a log may have it: what is repeated, what comes late, what comes in two steps. */
function streams(processes: number, hows: readonly How[]): fc.Arbitrary<Stream> {
  const how = fc.array(fc.constantFrom(...hows), { minLength: 40, maxLength: 40 });
  return fc.record({ world: worlds(processes), how });
}

function framesOf({ world, how }: Stream): Frame[] {
  return world.flatMap((rows, slot) => {
    const silent = slot % rows.length;
    const whole = frameOf(world, slot);
    const part = frameOf(world, slot, [silent]);
    if (slot === 0 || how[slot] === 'plain') return [whole];
    if (how[slot] === 'again') return [whole, whole];
    if (how[slot] === 'late') return [whole, frameOf(world, slot - 1, [0])];
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
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
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
        const still = Array.from({ length: debounce }, (_, i) =>
          frameOf([...world, ...Array.from({ length: debounce }, () => world.at(-1)!)], world.length + i),
        );
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
        const events = missing.flatMap((silent, slot) => watch.see([frameOf(world, slot, silent)]).events);
        expect(events).toEqual([]);
      }),
    );
  });

  it('are the same where somebody takes over at any moment, beginning with the last frame after which nothing was pending', () => {
    fc.assert(
      fc.property(streams(3, allHows), debounces, (stream, debounce) => {
        const frames = framesOf(stream);
        const watch = new NodeWatch(debounce);
        let base = 0;
        const told = frames.map((frame, i) => {
          const { events, isBase } = watch.see([frame]);
          if (isBase) base = i;
          return { ids: events.map(({ id }) => id), base };
        });
        told.forEach((at, i) => {
          const next = new NodeWatch(debounce);
          frames.slice(at.base, i + 1).forEach((frame) => next.see([frame]));
          const after = frames.slice(i + 1).flatMap((frame) => next.see([frame]).events.map(({ id }) => id));
          expect(after).toEqual(told.slice(i + 1).flatMap(({ ids }) => ids));
        });
      }),
      { numRuns: 150 },
    );
  });
});
