import {
  ClusterBench,
  firstSlot,
  FrameLog,
  interval,
  nodeFrame,
  type FakeFrame,
} from '../support/cluster-bench';
import { frameRecords, type LogRecord } from '@haproxystats/messaging';
import { FakeSession } from '../support/fake-session';

const grace = 1.5 * interval;
const of = (covered: number, expected: number) => ({ coverage: { covered, expected } });

describe('the cluster role', () => {
  let bench: ClusterBench;
  let session: FakeSession;

  beforeEach(() => {
    bench = new ClusterBench();
    session = new FakeSession(firstSlot);
  });

  async function take(node: string, slot: number, frame: FakeFrame = {}): Promise<void> {
    for (const record of frameRecords(nodeFrame(node, { slot: firstSlot + slot * interval, ...frame })))
      await bench.role.record(session.entry(record), session);
  }

  async function tickAt(time: number): Promise<void> {
    session.time = time;
    await bench.role.tick(session);
  }

  /** Some slots in which all of these report. */
  async function slots(from: number, to: number, ...nodes: string[]): Promise<void> {
    for (let slot = from; slot <= to; slot++) {
      session.time = firstSlot + slot * interval;
      for (const [i, node] of nodes.entries()) await take(node, slot, { stot: 10 ** i });
      await tickAt(firstSlot + slot * interval + 500);
    }
  }

  it('waits for grace where nodes are new, and never claims to be complete before; then all at once is enough', async () => {
    await take('a', 0);
    await tickAt(firstSlot + 1_000);
    await take('b', 0, { stot: 20 });
    await tickAt(firstSlot + grace - 1);
    expect([bench.emissions, session.committed]).toEqual([[], 0]);
    await tickAt(firstSlot + grace);
    await slots(1, 1, 'a', 'b');
    expect(bench.emissions).toEqual([
      { cluster: 'eu', slot: 0, covered: '2/2', nodes: '2/2', missing: '', late: false, stot: 21 },
      { cluster: 'eu', slot: 1, covered: '2/2', nodes: '2/2', missing: '', late: false, stot: 11 },
    ]);
    expect(session.committed).toBe(4);
  });

  it('says k of n when grace is over, for three slots; then the node is gone; back again it counts', async () => {
    await slots(0, 1, 'a', 'b', 'c');
    await tickAt(firstSlot + grace + 5_000);
    for (let slot = 2; slot <= 6; slot++) {
      await slots(slot, slot, 'a', 'b');
      await tickAt(firstSlot + slot * interval + interval - 1);
    }
    await slots(7, 8, 'a', 'b', 'c');
    await tickAt(firstSlot + 8 * interval + grace);
    const told = bench.emissions.map(({ slot, nodes, missing }) => `${slot}: ${nodes} ${missing}`.trim());
    expect(told.sort()).toEqual([
      '0: 3/3',
      '1: 3/3',
      '2: 2/3 c',
      '3: 2/3 c',
      '4: 2/3 c',
      '5: 2/2',
      '6: 2/2',
      '7: 2/2',
      '7: 3/3',
      '8: 3/3',
    ]);
    expect(bench.log.texts()).toEqual([
      'cluster eu: 2 of 3 nodes, without c',
      'cluster eu: no node is missing any more',
    ]);
    expect(bench.told.filter((each) => each !== 'emission')).toEqual(['late emission']);
  });

  it('counts processes: of a missing node as many as it had, of one that is there those that are missing by name', async () => {
    await slots(0, 0, 'a', 'b');
    await tickAt(firstSlot + grace);
    await take('a', 1, { ...of(4, 4), stot: 4 });
    await take('b', 1, { ...of(8, 8), stot: 8 });
    await tickAt(firstSlot + 2 * interval);
    const missing = [{ process: '/run/4.sock', reason: 'timeout' as const }];
    await take('a', 2, { ...of(3, 4), missing, stot: 3 });
    await tickAt(firstSlot + 2 * interval + grace);
    expect(bench.emissions.at(-1)).toMatchObject({
      slot: 2,
      covered: '3/12',
      nodes: '1/2',
      missing: 'b',
      stot: 3,
    });
    expect(bench.frames.at(-1)!.head.missing).toEqual([{ process: 'a /run/4.sock', reason: 'timeout' }]);
  });

  it('is emitted anew, and marked late, when a node comes late or comes to more processes; each coverage once', async () => {
    await slots(0, 0, 'a', 'b');
    await tickAt(firstSlot + grace);
    bench.told.length = 0;
    await take('a', 1, { ...of(3, 4), stot: 3 });
    await tickAt(session.time + grace);
    await take('a', 1, { ...of(4, 4), stot: 4 });
    await take('a', 1, { ...of(3, 4), stot: 3 });
    await tickAt(session.time + 5_000);
    await take('b', 1, { stot: 10 });
    await take('b', 1, { stot: 10 });
    await tickAt(session.time + 5_000);
    expect(bench.emissions.slice(1)).toEqual([
      { cluster: 'eu', slot: 1, covered: '3/5', nodes: '1/2', missing: 'b', late: false, stot: 3 },
      { cluster: 'eu', slot: 1, covered: '4/5', nodes: '1/2', missing: 'b', late: true, stot: 4 },
      { cluster: 'eu', slot: 1, covered: '5/5', nodes: '2/2', missing: '', late: true, stot: 14 },
    ]);
    expect(session.committed).toBe(7);
  });

  it('is marked late when only the ledger knows that something of its slot was sent', async () => {
    await bench.coordinator.done({ entity: 'eu/0', slot: firstSlot }, ['a p1']);
    await slots(0, 0, 'a', 'b');
    await tickAt(firstSlot + grace);
    expect(bench.emissions).toMatchObject([{ slot: 0, nodes: '2/2', late: true }]);
  });

  it('does not merge anew for each of many nodes that come late', async () => {
    const nodes = Array.from({ length: 20 }, (_, i) => `n${i}`);
    await slots(0, 1, ...nodes);
    await slots(2, 2, 'n0');
    await tickAt(firstSlot + 2 * interval + grace);
    bench.told.length = 0;
    for (const node of nodes.slice(1)) {
      session.time += 200;
      await take(node, 2);
      await bench.role.tick(session);
    }
    await tickAt(session.time + 5_000);
    expect(bench.told).toEqual(['late emission']);
    expect(bench.emissions.at(-1)).toMatchObject({ slot: 2, nodes: '20/20' });
  });

  it('lets go of what comes after a minute, and counts it', async () => {
    await slots(0, 8, 'a', 'b');
    bench.told.length = 0;
    await take('c', 0);
    await tickAt(session.time);
    expect(bench.told).toEqual(['late']);
    await take('c', 8);
    await tickAt(session.time + 5_000);
    expect(bench.emissions.at(-1)).toMatchObject({ slot: 8, nodes: '3/3', late: true });
  });

  it.each([3, 300])(
    'tells a slot that the quickest node has left out, however late the others are: by %i slots',
    async (late) => {
      await slots(0, 0, 'a', 'b', 'c');
      session.time = firstSlot + (2 + late) * interval;
      await take('c', 2 + late);
      for (const slot of [1, 2]) for (const node of ['a', 'b']) await take(node, slot);
      await tickAt(session.time + grace);
      const told = bench.emissions.filter(({ slot }) => slot === 1 || slot === 2);
      expect(told.map(({ slot, nodes, missing }) => [slot, nodes, missing])).toEqual([
        [1, '2/3', 'c'],
        [2, '2/3', 'c'],
      ]);
      expect(bench.told).not.toContain('late');
    },
  );

  it('lets go of a slot from before it began to read: others may have told it', async () => {
    const begun = new FakeSession(firstSlot);
    for (const record of frameRecords(nodeFrame('x', { cluster: 'us' }))) begun.entry(record);
    session = begun;
    await slots(0, 8, 'a', 'b');
    bench.told.length = 0;
    await take('c', -300);
    await tickAt(session.time);
    expect(bench.told).toEqual(['late']);
  });

  it('drains what piled up, oldest first, slot by slot, whatever its age', async () => {
    session.time = firstSlot + 3_600_000;
    for (let slot = 0; slot < 100; slot++) {
      for (const node of ['a', 'b', 'c']) await take(node, slot);
      session.time += 100;
      await bench.role.tick(session);
    }
    await tickAt(session.time + grace);
    expect(
      bench.emissions.map(({ slot, covered }) => [slot, covered]).sort((a, b) => Number(a[0]) - Number(b[0])),
    ).toEqual(Array.from({ length: 100 }, (_, slot) => [slot, '3/3']));
  });

  it('keeps clusters of one partition apart', async () => {
    for (const slot of [0, 1])
      for (const cluster of ['eu', 'us']) {
        await take('a', slot, { cluster });
        await take('b', slot, { cluster, stot: 20 });
        await tickAt(firstSlot + slot * interval + grace);
      }
    await tickAt(session.time + grace);
    expect(
      bench.emissions.map(({ cluster, slot, nodes, stot }) => `${cluster} ${slot} ${nodes} ${stot}`).sort(),
    ).toEqual(['eu 0 2/2 21', 'eu 1 2/2 21', 'us 0 2/2 21', 'us 1 2/2 21']);
    expect(bench.writer.records.map(({ key }) => key).sort()).toEqual(['eu/0', 'eu/0', 'us/0', 'us/0']);
  });

  it('expects the nodes of the inventory always: complete at once with all of them, never without', async () => {
    bench = new ClusterBench(undefined, { inventory: ['eu/a', 'eu/b', 'us/z'] });
    await take('a', 0);
    await take('b', 0);
    expect(bench.emissions).toMatchObject([{ slot: 0, covered: '2/2', nodes: '2/2' }]);
    await take('a', 1);
    await take('c', 1);
    await tickAt(firstSlot + interval + grace);
    expect(bench.emissions.at(-1)).toMatchObject({ slot: 1, covered: '2/3', nodes: '2/3', missing: 'b' });
    for (let slot = 2; slot < 9; slot++) await slots(slot, slot, 'a');
    await tickAt(session.time + grace);
    expect(bench.emissions.at(-1)).toMatchObject({ slot: 8, nodes: '1/2', missing: 'b' });
  });

  it('keeps out a node whose clock is off, without waiting for it, and says so once', async () => {
    await slots(0, 1, 'a', 'b', 'c');
    for (let slot = 2; slot < 5; slot++) {
      session.time = firstSlot + slot * interval;
      await take('c', slot + 7);
      await slots(slot, slot, 'a', 'b');
    }
    expect(bench.emissions.filter(({ slot }) => slot >= 2)).toMatchObject([
      { slot: 2, covered: '2/3', nodes: '2/3', missing: '', stot: 11 },
      { slot: 3, covered: '2/3' },
      { slot: 4, covered: '2/3' },
    ]);
    expect(bench.frames.at(-1)!.head.nodes!.keptOut).toEqual([{ node: 'c', reason: 'clock' }]);
    await take('d', -3 * 8_640);
    expect(bench.told.filter((each) => each.startsWith('kept'))).toHaveLength(4);
    expect(bench.log.texts('warn').filter((text) => text.includes('kept out'))).toEqual([
      expect.stringMatching(/^cluster eu: kept out of its sums: c \(clock\)\. /),
    ]);
  });

  it('keeps out a node with another interval than most, without waiting for it', async () => {
    for (let slot = 0; slot < 6; slot += 2) {
      session.time = firstSlot + slot * interval;
      await take('c', slot, { intervalMs: 2 * interval, stot: 1_000 });
      await slots(slot, slot, 'a', 'b');
      await slots(slot + 1, slot + 1, 'a', 'b');
    }
    await tickAt(session.time + grace);
    const last = bench.emissions.filter(({ slot }) => slot === 4);
    expect(last).toMatchObject([{ covered: '2/3', nodes: '2/3', missing: '', late: false, stot: 11 }]);
    const frame = bench.frames.find(({ head }) => head.slot === firstSlot + 4 * interval)!;
    expect(frame.head.intervalMs).toBe(interval);
    expect(frame.head.nodes!.keptOut).toEqual([{ node: 'c', reason: 'interval' }]);
    expect(bench.told).toContain('kept out: interval');
  });

  it('measures clocks against what is usual, and names the node that is off', async () => {
    for (let slot = 0; slot < 4; slot++) {
      for (const node of ['a', 'b', 'c']) {
        session.time = firstSlot + slot * interval + 700;
        await take(node, slot);
      }
      await take('d', slot + 1);
      await tickAt(session.time + 300);
    }
    await tickAt(session.time + 2 * grace);
    expect(bench.largestSkew).toBe(interval);
    expect(bench.log.texts('warn')).toContain(
      'node d: its clock seems to be 10 s ahead: check how it gets its time',
    );
    expect(bench.emissions.filter(({ slot }) => slot === 3)).toMatchObject([{ nodes: '4/4', late: false }]);
  });

  it('passes over a record that cannot be read, and a frame of which not all comes, and goes on without them', async () => {
    const buried: number[] = [];
    bench = new ClusterBench(undefined, {
      deadLetters: { bury: ({ entry }) => Promise.resolve((buried.push(entry.offset), 'kept')) },
    });
    await slots(0, 1, 'a', 'b');
    session.time = firstSlot + 2 * interval;
    const [whole] = frameRecords(nodeFrame('b', { slot: session.time }));
    const bad: LogRecord = { ...whole!, headers: { ...whole!.headers, 'hs-slot': 'never' } };
    const half: LogRecord = { ...whole!, headers: { ...whole!.headers, 'hs-part': '0/2' } };
    const first = session.entry(bad);
    await bench.role.record(first, session);
    await bench.role.record(session.entry(half), session);
    await slots(2, 2, 'a');
    await tickAt(session.time + grace);
    expect(bench.emissions.at(-1)).toMatchObject({ slot: 2, covered: '1/2', nodes: '1/2', missing: 'b' });
    expect(session.committed).toBe(first.next);
    await tickAt(session.time + 15 * 60_000);
    expect(session.committed).toBe(first.next + 2);
    expect(buried).toEqual([first.offset]);
    expect(bench.told).toContain('cut');
  });

  it('counts a frame that turns out to be unreadable when it is merged as one that never came', async () => {
    await slots(0, 1, 'a', 'b');
    session.time = firstSlot + 2 * interval;
    const rows = Array.from({ length: 9_000 }, (_, i) => `f${Math.sin(i)}`);
    const [whole] = frameRecords(nodeFrame('b', { slot: session.time, frontends: rows }));
    const value = Buffer.from(whole!.value);
    value[value.length - 10]! ^= 0xff;
    await bench.role.record(session.entry({ ...whole!, value }), session);
    await slots(2, 2, 'a');
    expect(bench.told).toContain('unreadable');
    expect(bench.emissions.find(({ slot }) => slot === 2)).toMatchObject({ nodes: '1/2', missing: 'b' });
  });

  it('knows from the log who belongs to the cluster when it takes a partition over: all at once is enough', async () => {
    const log = new FrameLog();
    const nodes = ['a', 'b', 'c'];
    for (let slot = 0; slot < 4; slot++)
      for (const node of nodes)
        log.append(nodeFrame(node, { slot: firstSlot + slot * interval }), firstSlot + slot * interval);
    const position = await bench.read(log, { session, from: { watermark: 0, base: 0 }, upTo: 9 });
    expect(position.base).toBeLessThan(position.watermark);
    const next = new ClusterBench(bench.coordinator);
    await next.read(log, { session: new FakeSession(firstSlot), from: position });
    expect(next.emissions.at(-1)).toMatchObject({ slot: 3, nodes: '3/3', late: false });
    const cold = new ClusterBench(bench.coordinator);
    await cold.read(log, { session: new FakeSession(firstSlot), from: { watermark: 9, base: 9 } });
    expect(cold.emissions).toEqual([]);
  });

  describe('that takes a partition over', () => {
    const log = (...frames: [node: string, slot: number, delayMs: number, FakeFrame?][]): FrameLog => {
      const all = new FrameLog();
      for (const [node, slot, delayMs, frame] of frames)
        all.append(
          nodeFrame(node, { slot: firstSlot + slot * interval, ...frame }),
          firstSlot + slot * interval + delayMs,
        );
      return all;
    };

    /** What the next owner emits and tells of all that comes after `upTo` records, and a pause of so many ms. */
    async function afterTakeover(frames: FrameLog, upTo: number, pauseMs: number): Promise<ClusterBench> {
      await bench.read(frames, { session, from: { watermark: 0, base: 0 }, upTo });
      await tickAt(session.time + pauseMs);
      const next = new ClusterBench(bench.coordinator);
      const position = session.commits.at(-1)!;
      const owner = new FakeSession(firstSlot);
      await next.read(frames, { session: owner, from: position });
      for (let i = 0; i < 10; i++) {
        owner.time += 5_000;
        await next.role.tick(owner);
      }
      return next;
    }

    it('still knows a node that was silent for a while', async () => {
      const both = [2, 3, 4].flatMap((slot) =>
        ['a', 'b'].map((node) => [node, slot, 0] as [string, number, number]),
      );
      const before = [0, 1].flatMap((slot) =>
        ['a', 'b', 'c'].map((node) => [node, slot, 0] as [string, number, number]),
      );
      const next = await afterTakeover(log(...before, ...both), 10, 9_000);
      expect(next.emissions.find(({ slot }) => slot === 4)).toMatchObject({ nodes: '2/3', missing: 'c' });
    });

    it('does not take what comes late for one of the newest slots for its first', async () => {
      const partial = of(1, 4);
      const frames = log(
        ...[0, 1, 2, 3, 4, 5].map((slot) => ['a', slot, 0, partial] as [string, number, number, FakeFrame]),
        ['b', 4, 80_000, of(0, 4)],
      );
      const next = await afterTakeover(frames, 6, 65_000);
      expect([next.emissions, next.told]).toEqual([[], ['late']]);
    });

    it('does not begin a slot with what was too late for it', async () => {
      const frames = log(
        ['a', 0, 0],
        ['a', 1, 0],
        ['a', 2, 0],
        ['b', 0, 25_000, of(0, 4)],
        ['a', 3, 0],
        ['a', 4, 0],
        ['b', 0, 57_000, of(2, 4)],
      );
      const next = await afterTakeover(frames, 6, 16_000);
      expect(next.emissions.filter(({ slot }) => slot === 0)).toEqual([]);
      expect(next.told).toContain('late');
    });
  });

  it.each([15, 400])('still waits for all nodes when nobody could write for %i slots', async (silent) => {
    await slots(0, 1, 'a', 'b');
    for (let slot = 2; slot < silent; slot++) await tickAt(firstSlot + slot * interval);
    for (const node of ['a', 'b']) {
      for (let slot = 2; slot < 14; slot++) await take(node, slot);
      await tickAt(session.time + 2 * grace);
    }
    const drained = bench.emissions.filter(({ slot }) => slot >= 2);
    const told = Map.groupBy(drained, ({ slot }) => slot);
    for (const each of told.values()) expect(each.map(({ nodes }) => nodes)).toEqual(['1/2', '2/2']);
    expect(told.size).toBe(12);
  });

  it('emits nothing again that the ledger knows, and tells it only of what the log has taken', async () => {
    await slots(0, 1, 'a', 'b');
    await tickAt(session.time + grace);
    const again = new ClusterBench(bench.coordinator);
    [bench, session] = [again, new FakeSession(firstSlot)];
    await slots(0, 1, 'a', 'b');
    await tickAt(session.time + grace);
    expect(again.emissions).toEqual([]);
    expect(new Set(again.told)).toEqual(new Set(['duplicate']));
  });
});
