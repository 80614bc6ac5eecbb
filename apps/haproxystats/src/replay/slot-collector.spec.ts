import { rawRecords, readRawChunk, RecordFormatError, type RawChunk } from '@haproxystats/messaging';
import type { Snapshot } from '@haproxystats/processor';
import fc from 'fast-check';
import { SlotCollector } from './slot-collector';

const intervalMs = 10_000;
const begin = 1_700_000_000_000;
const slotAt = (n: number): number => begin + n * intervalMs;
const MiB = 1024 * 1024;

interface Poll {
  readonly processes?: readonly string[];
  readonly source?: string;
}

/** The chunks of a poll. */
function poll(
  node: string,
  n: number,
  { processes = ['p1', 'p2'], source = 'puller-1' }: Poll = {},
): RawChunk[] {
  const slot = slotAt(n);
  const stat = Buffer.from('# pxname,svname,stot,type,\nweb,FRONTEND,1,0,\n');
  const replies = processes.map((process) => ({ process, info: Buffer.from('Tasks: 1\n'), stat }));
  const facts = { cluster: 'eu', node, source, slot, intervalMs, startedAt: slot, failures: [] };
  return rawRecords({ ...facts, replies }).map((record) => readRawChunk(record));
}

class Fed {
  readonly gone: string[] = [];
  readonly snapshots: Snapshot[] = [];
  #offset = 0;

  constructor(readonly collector = new SlotCollector({ bytes: 8 * MiB, nodes: 100 })) {}

  /** Appended so many ms behind the begin of slot 0. */
  add(chunks: readonly RawChunk[], at: number): this {
    for (const chunk of chunks)
      this.#keep(this.collector.take(chunk, { offset: this.#offset++, appendedAt: begin + at }));
    return this;
  }

  end(): this {
    this.#keep(this.collector.end());
    return this;
  }

  #keep(snapshots: readonly Snapshot[]): void {
    this.snapshots.push(...snapshots);
    for (const { node, slot, arrived } of snapshots)
      this.gone.push(`${node} ${(slot - begin) / intervalMs}: ${arrived.length}`);
  }
}

describe('the collector of slots', () => {
  it('lets a complete snapshot go when the next one of its node is complete, and the last one at the end', () => {
    const fed = new Fed().add(poll('a', 0), 100).add(poll('b', 0), 200);
    expect(fed.gone).toEqual([]);
    fed.add(poll('a', 1).slice(0, 1), 10_000);
    expect(fed.gone).toEqual([]);
    fed.add(poll('a', 1).slice(1), 10_100);
    expect(fed.gone).toEqual(['a 0: 2']);
    expect(fed.end().gone).toEqual(['a 0: 2', 'b 0: 2', 'a 1: 2']);
  });

  it('waits for a second puller until the next slot', () => {
    const fed = new Fed()
      .add(poll('a', 0), 100)
      .add(poll('a', 0, { processes: ['p3'], source: 'puller-2' }), 9_000);
    expect(fed.add(poll('a', 1), 10_100).gone).toEqual(['a 0: 3']);
  });

  it('waits a minute of the log for what is missing, and keeps the slots of the node in order', () => {
    const fed = new Fed().add(poll('a', 0).slice(0, 1), 0);
    for (let n = 1; n < 6; n++) fed.add(poll('a', n), n * intervalMs);
    expect(fed.gone).toEqual([]);
    fed.add(poll('a', 6), 60_000);
    expect(fed.gone).toEqual(['a 0: 1', 'a 1: 2', 'a 2: 2', 'a 3: 2', 'a 4: 2', 'a 5: 2']);
    expect(fed.add(poll('a', 0).slice(1), 61_000).end().gone.at(-1)).toBe('a 6: 2');
    expect(fed.collector.late).toBe(1);
  });

  it('takes what an operator has put back for what it is: there before', () => {
    const fed = new Fed().add(poll('a', 0), 0).add(poll('a', 1), 10_000);
    fed.add(
      poll('a', 0).map((chunk) => ({ ...chunk, isPutBack: true as const })),
      20_000,
    );
    expect(fed.collector.late).toBe(0);
  });

  it('takes slots that come in disorder', () => {
    const fed = new Fed();
    for (const n of [1, 0, 3, 2, 4]) fed.add(poll('a', n), 40_000);
    expect(fed.end().gone).toEqual([0, 1, 2, 3, 4].map((n) => `a ${n}: 2`));
  });

  it('does not lose the slots behind one of a clock that was far ahead', () => {
    const fed = new Fed().add(poll('a', 0), 0).add(poll('a', 360), 5_000).add(poll('a', 1), 10_000);
    for (let n = 2; n < 12; n++) fed.add(poll('a', n), n * intervalMs);
    fed.end();
    const slots = fed.snapshots.map(({ slot }) => (slot - begin) / intervalMs);
    expect(slots.toSorted((x, y) => x - y)).toEqual([...Array.from({ length: 12 }, (_, n) => n), 360]);
    expect(fed.collector.late).toBe(0);
  });

  it('keeps within its bounds: those that began first go as they are', () => {
    const fed = new Fed(new SlotCollector({ bytes: 20_000, nodes: 10 }));
    for (let node = 0; node < 200; node++) fed.add(poll(`n${node}`, 0).slice(0, 1), node);
    expect(fed.gone.length).toBeGreaterThan(100);
    expect(fed.gone.slice(0, 3)).toEqual(['n0 0: 1', 'n1 0: 1', 'n2 0: 1']);
    fed.end();
    expect(new Set(fed.gone).size).toBe(200);
  });

  it('refuses a chunk that contradicts its poll, and goes on', () => {
    const fed = new Fed();
    const [chunk, other] = poll('a', 0);
    fed.add([chunk!], 0);
    const strange = { ...other!, parts: 7 };
    expect(() => fed.add([strange], 0)).toThrow(RecordFormatError);
    expect(fed.add([other!], 0).end().gone).toEqual(['a 0: 2']);
  });

  it('lets each snapshot go once and whole, those of a node in order, whatever comes when', () => {
    const arrival = fc.record({ node: fc.constantFrom('a', 'b'), n: fc.nat(12), delay: fc.nat(40_000) });
    fc.assert(
      fc.property(
        fc.uniqueArray(arrival, { selector: ({ node, n }) => `${node} ${n}`, maxLength: 26 }),
        (all) => {
          const fed = new Fed();
          const inOrder = all.toSorted((x, y) => x.n * intervalMs + x.delay - (y.n * intervalMs + y.delay));
          for (const { node, n, delay } of inOrder) fed.add(poll(node, n), n * intervalMs + delay);
          fed.end();
          for (const name of ['a', 'b']) {
            const slots = fed.snapshots.filter(({ node }) => node === name).map(({ slot }) => slot);
            expect(slots).toEqual([...new Set(slots)].sort((x, y) => x - y));
          }
          expect(fed.snapshots.every(({ arrived }) => arrived.length === 2)).toBe(true);
          expect(fed.snapshots.length * 2 + fed.collector.late).toBe(all.length * 2);
        },
      ),
      { numRuns: 100 },
    );
  });
});
