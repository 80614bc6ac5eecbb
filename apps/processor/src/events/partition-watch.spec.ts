import fc from 'fast-check';
import type { WholeFrame } from '@haproxystats/messaging';
import type { HaproxyEvent } from '@haproxystats/metrics';
import { firstSlot, intervalMs, watchedFrame, type Said } from '../../../../test/support/watched-node';
import { PartitionWatch } from './partition-watch';

const socket = '/run/1.sock';

/** A record of a log: a frame of a node at a slot, or something else. */
interface Entry {
  readonly offset: number;
  readonly next: number;
  readonly appendedAt: number;
  readonly whole: WholeFrame | undefined;
}

interface Said1 {
  readonly node: string;
  readonly slot: number;
  readonly s1?: string;
  readonly pid?: number;
  readonly missing?: boolean;
}

/** `at`: in slots, when the log took it. */
function entry(offset: number, at: number, said?: Said1): Entry {
  const appendedAt = firstSlot + at * intervalMs;
  const record = { offset, next: offset + 1, appendedAt };
  if (!said) return { ...record, whole: undefined };
  const { node, slot, s1 = 'UP', pid = 7, missing = false } = said;
  const two = missing ? 'timeout' : { rows: { 'be/s1': 'UP' }, pid: 90 };
  const processes: Said['processes'] = { [socket]: { rows: { 'be/s1': s1 }, pid }, '/run/2.sock': two };
  const frame = watchedFrame({ node, slot, processes });
  return { ...record, whole: { parts: [{ part: 0, parts: 1, frame }], offset, appendedAt } };
}

function short({ type, node, slot, from, to }: HaproxyEvent): string {
  return `${node} ${type} ${(slot - firstSlot) / intervalMs} ${from}>${to}`;
}

function idsOf(events: readonly HaproxyEvent[], node: string): string[] {
  return events.filter((each) => each.node === node).map(({ id, type }) => `${type} ${id}`);
}

function seeing(watch: PartitionWatch) {
  return (each: Entry) => watch.see(each, each.whole);
}

describe('PartitionWatch', () => {
  it('tells of nodes that join and leave, but not of those that were there when it began', () => {
    const see = seeing(new PartitionWatch({ absentMs: 0, debounce: 1 }));
    let offset = 0;
    const at = (time: number, said?: Said1) => see(entry(offset++, time, said)).map(short);
    expect([at(0, { node: 'a', slot: 0 }), at(3, { node: 'b', slot: 3 })]).toEqual([[], []]);
    expect(at(3, { node: 'a', slot: 3 })).toEqual([]);
    expect(at(3.5, { node: 'c', slot: 3 })).toEqual(['c node_joined 3 >present']);
    expect(at(5, { node: 'c', slot: 5 })).toEqual([]);
    expect([at(6, { node: 'c', slot: 6 }), at(6.4, { node: 'c', slot: 6 })]).toEqual([[], []]);
    expect(at(7.2, { node: 'c', slot: 7 })).toEqual(['a node_left 4 present>', 'b node_left 4 present>']);
    expect(at(7.4, { node: 'a', slot: 7 })).toEqual(['a node_joined 7 >present']);
  });

  it('does not take a stop of those who write frames for one of the nodes, but after minutes', () => {
    const watch = new PartitionWatch({ absentMs: 0, debounce: 1 });
    const see = seeing(watch);
    let offset = 0;
    const at = (time: number, said?: Said1) => see(entry(offset++, time, said)).map(short);
    const expire = (time: number) => watch.expire(firstSlot + time * intervalMs).map(short);
    at(0, { node: 'a', slot: 0 });
    at(0, { node: 'b', slot: 0 });
    expect(expire(29)).toEqual([]);
    expect([
      at(29, { node: 'a', slot: 1 }),
      at(29, { node: 'a', slot: 2 }),
      at(29.1, { node: 'b', slot: 1 }),
    ]).toEqual([[], [], []]);
    expect([expire(59), expire(59.2)]).toEqual([[], ['a node_left 3 present>', 'b node_left 2 present>']]);
    expect(expire(99)).toEqual([]);
  });

  it('waits for a node for as long as it is told to', () => {
    const see = seeing(new PartitionWatch({ absentMs: 6 * intervalMs, debounce: 1 }));
    see(entry(0, 0, { node: 'a', slot: 0 }));
    const told = [1, 2, 3, 4, 5, 6, 7].map((slot) => see(entry(slot, slot, { node: 'b', slot })).map(short));
    expect(told).toEqual([[], [], [], [], [], [], ['a node_left 1 present>']]);
  });

  it('lets a node leave and join that comes back before anybody looked', () => {
    const see = seeing(new PartitionWatch({ absentMs: 0, debounce: 1 }));
    see(entry(0, 0, { node: 'a', slot: 0 }));
    expect(see(entry(1, 4, { node: 'a', slot: 4 })).map(short)).toEqual([
      'a node_left 1 present>',
      'a node_joined 4 >present',
    ]);
  });

  it('watches a node anew whose clock was set back, once nothing but old slots came for a lease', () => {
    const see = seeing(new PartitionWatch({ absentMs: 0, debounce: 1 }));
    let offset = 0;
    const at = (time: number, slot: number, s1: string) =>
      see(entry(offset++, time, { node: 'a', slot, s1 })).map(short);
    at(0, 1_000, 'UP');
    const quiet = [1, 2, 3, 4].map((time) => at(time, time, 'DOWN'));
    expect(quiet).toEqual([[], [], [], []]);
    expect([at(5, 5, 'DOWN'), at(6, 6, 'UP')]).toEqual([[], ['a server_state 6 DOWN>UP']]);
  });

  it('does not watch more nodes than there is room for, and says so', () => {
    const refused: string[] = [];
    const watch = new PartitionWatch({
      absentMs: 0,
      debounce: 1,
      nodes: 2,
      onUnwatched: ({ node }) => refused.push(node),
    });
    const see = seeing(watch);
    ['a', 'b', 'c', 'a'].forEach((node, i) => see(entry(i, i / 10, { node, slot: 0 })));
    expect(refused).toEqual(['c']);
    expect(watch.size).toEqual({ nodes: 2, rows: 2 });
  });

  it('passes over frames of clusters, and keeps the watermark at a frame that is not whole', () => {
    const watch = new PartitionWatch({ absentMs: 0, debounce: 1 });
    expect(watch.position(undefined)).toEqual({ watermark: 0, base: 0 });
    watch.see(entry(5, 0), undefined);
    expect(watch.position(undefined)).toEqual({ watermark: 6, base: 5 });
    expect(watch.position(3)).toEqual({ watermark: 3, base: 3 });
  });

  it('does not hold its base for a node that is gone', () => {
    const watch = new PartitionWatch({ absentMs: 0, debounce: 2 });
    const see = seeing(watch);
    let offset = 0;
    for (let slot = 0; slot < 20; slot++) {
      if (slot < 4) see(entry(offset++, slot, { node: 'gone', slot }));
      see(entry(offset++, slot, { node: 'a', slot }));
    }
    expect(watch.position(undefined)).toEqual({ watermark: 24, base: 19 });
  });

  const records = fc.array(
    fc.record({
      node: fc.constantFrom('a', 'b', 'c'),
      wait: fc.constantFrom(0, 0, 0.3, 0.3, 0.4, 1, 2, 4.2),
      behind: fc.constantFrom(0, 0, 0, 0, 1),
      s1: fc.constantFrom('UP', 'UP', 'UP', 'DOWN', 'MAINT'),
      stays: fc.constantFrom(true, true, true, false),
      reload: fc.constantFrom(false, false, false, false, false, true),
      missing: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: 60 },
  );

  it('comes to the same events, with the same ids, wherever it is killed and begins again at its position', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 3 }), (all, debounce) => {
        let at = 0;
        const s1Of = new Map<string, string>();
        const pidOf = new Map<string, number>();
        const log = all.map(({ node, wait, behind, s1, stays, reload, missing }, offset) => {
          at += wait;
          s1Of.set(node, stays ? (s1Of.get(node) ?? 'UP') : s1);
          pidOf.set(node, (pidOf.get(node) ?? 7) + (reload ? 1 : 0));
          const slot = Math.max(0, Math.floor(at) - behind);
          return entry(offset, at, { node, slot, s1: s1Of.get(node)!, pid: pidOf.get(node)!, missing });
        });
        const whole = new PartitionWatch({ absentMs: 0, debounce });
        const told = log.map((each) => ({
          events: seeing(whole)(each),
          position: whole.position(undefined),
        }));
        told.forEach(({ position: { watermark, base } }) => {
          const next = new PartitionWatch({ absentMs: 0, debounce });
          log.slice(base, watermark).forEach(seeing(next));
          const after = log.slice(watermark).flatMap((each) => seeing(next)(each));
          const expected = told.slice(watermark).flatMap(({ events }) => events);
          for (const node of ['a', 'b', 'c']) expect(idsOf(after, node)).toEqual(idsOf(expected, node));
        });
      }),
      { numRuns: 200 },
    );
  });
});
