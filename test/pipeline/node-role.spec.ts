import type { Poll } from '@haproxystats/haproxy';
import { readFramePart, type LogRecord } from '@haproxystats/messaging';
import { finishTable } from '@haproxystats/metrics';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { FakeClock } from '../support/fake-clock';
import { FakeSession } from '../support/fake-session';
import { grace, interval, NodeBench, recordsOf, reply, slot } from '../support/node-bench';

describe('the node role', () => {
  it('emits a snapshot once, as soon as its last process is there, and then lets the watermark pass', async () => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    const records = recordsOf();
    await bench.take(session, records.slice(0, 2));
    await bench.role.tick(session);
    expect([bench.frames, session.committed]).toEqual([[], 0]);
    await bench.take(session, records.slice(2));
    await bench.role.tick(session);
    expect(bench.frames).toEqual([{ covered: 3, expected: 3, stot: 321, missing: [] }]);
    expect(session.committed).toBe(3);
  });

  it.each([[[2, 0, 1]], [[1, 1, 0, 0, 2, 2]], [[0, 1, 2, 0, 1, 2]]])(
    'counts each process once when records arrive as %j',
    async (order) => {
      const bench = new NodeBench();
      const session = new FakeSession(slot);
      const records = recordsOf();
      await bench.take(
        session,
        order.map((i) => records[i]!),
      );
      expect(bench.frames).toEqual([{ covered: 3, expected: 3, stot: 321, missing: [] }]);
      await bench.role.tick(session);
      expect(session.committed).toBe(order.length);
    },
  );

  it('does not wait for a process that failed at the source, and names it', async () => {
    const bench = new NodeBench();
    const failures = [{ process: 'p2', reason: 'timeout' as const, detail: '' }];
    await bench.take(
      new FakeSession(slot),
      recordsOf({ replies: [reply('p1', 1), reply('p3', 300)], failures }),
    );
    expect(bench.frames).toEqual([{ covered: 2, expected: 3, stot: 301, missing: ['p2 timeout'] }]);
  });

  it('emits a frame without rows when no process answered', async () => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    const failures = [{ process: 'p1', reason: 'refused' as const, detail: '' }];
    await bench.take(session, recordsOf({ replies: [], failures }));
    await bench.role.tick(session);
    expect(bench.frames).toEqual([{ covered: 0, expected: 1, stot: undefined, missing: ['p1 refused'] }]);
    expect(session.committed).toBe(1);
  });

  it('emits what is there when grace is over, and again with more coverage when the rest comes late', async () => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    const [first, second, third] = recordsOf();
    await bench.take(session, [first!, second!]);
    session.time = slot + grace - 1;
    await bench.role.tick(session);
    expect(bench.frames).toEqual([]);
    session.time = slot + grace;
    await bench.role.tick(session);
    expect(bench.frames).toEqual([{ covered: 2, expected: 3, stot: 21, missing: ['p3 lost'] }]);
    expect(session.committed).toBe(2);
    await bench.take(session, [third!]);
    await bench.role.tick(session);
    expect(bench.frames[1]).toEqual({ covered: 3, expected: 3, stot: 321, missing: [] });
    expect(session.committed).toBe(3);
  });

  it('holds the watermark at the oldest open snapshot, whatever is emitted after it', async () => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    await bench.take(session, recordsOf({ node: 'lb2' }).slice(0, 1));
    await bench.take(session, recordsOf());
    await bench.role.tick(session);
    expect(bench.frames.length).toBe(1);
    expect(session.committed).toBe(0);
  });

  it('replayed by another owner emits nothing twice, and commits', async () => {
    const coordinator = new MemoryCoordinator(new FakeClock());
    const [before, after] = [new NodeBench(coordinator), new NodeBench(coordinator)];
    await before.take(new FakeSession(slot), recordsOf());
    const session = new FakeSession(slot);
    await after.take(session, recordsOf());
    await after.role.tick(session);
    expect([before.told, after.told]).toEqual([['3/3'], ['duplicate']]);
    expect(session.committed).toBe(3);
  });

  it('expects of each slot the processes that its own manifest names', async () => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    await bench.take(session, recordsOf());
    await bench.take(
      session,
      recordsOf({ slot: slot + interval, replies: [reply('p1', 1), reply('p4', 4000)] }),
    );
    expect(bench.told).toEqual(['3/3', '2/2']);
  });

  it('does not call done what it could not read: another version may, when it reads it again', async () => {
    const coordinator = new MemoryCoordinator(new FakeClock());
    const html = { process: 'p1', info: Buffer.from('\n'), stat: Buffer.from('<html>\n') };
    for (let version = 1; version <= 2; version++) {
      const bench = new NodeBench(coordinator);
      await bench.take(new FakeSession(slot), recordsOf({ replies: [html] }));
      expect(bench.told).toEqual(['unreadable process', '0/1']);
    }
  });

  it('that is ended while it writes has not said done: the next owner emits', async () => {
    const coordinator = new MemoryCoordinator(new FakeClock());
    const [before, after] = [new NodeBench(coordinator), new NodeBench(coordinator)];
    before.writer.refuse = true;
    const session = new FakeSession(slot);
    const taking = before.take(session, recordsOf());
    setTimeout(() => session.end(), 10);
    await expect(taking).rejects.toThrow('aborted');
    await after.take(new FakeSession(slot), recordsOf());
    expect([before.frames.length, after.frames.length]).toEqual([0, 1]);
  });

  it('waits for a second puller of the node, counts each process once, and goes on without it after its lease', async () => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    const second = (change: Partial<Poll>) =>
      recordsOf({ source: 'puller-2', replies: [reply('p3', 300), reply('p4', 4000)], ...change });
    await bench.take(session, [...second({}), ...recordsOf()]);
    expect(bench.frames.at(-1)).toMatchObject({ covered: 4, expected: 4, stot: 4321 });

    session.time = slot + interval;
    await bench.take(session, recordsOf({ slot: slot + interval }));
    expect(bench.frames.length).toBe(2);
    await bench.take(session, second({ slot: slot + interval }));
    expect(bench.frames.at(-1)).toMatchObject({ covered: 4, expected: 4 });

    session.time = slot + 6 * interval;
    await bench.take(session, recordsOf({ slot: slot + 6 * interval }));
    expect(bench.frames.at(-1)).toMatchObject({ covered: 3, expected: 3 });
  });

  it.each<[string, (record: LogRecord) => LogRecord]>([
    ['headers that break the contract', (record) => ({ ...record, headers: {} })],
    ['a manifest of garbage', (record) => ({ ...record, headers: { ...record.headers, 'hs-man': '[[' } })],
  ])('passes over a record with %s, and goes on', async (_, spoil) => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    const [first, ...others] = recordsOf();
    await bench.take(session, [spoil(first!), first!, ...others]);
    await bench.role.tick(session);
    expect(bench.told).toEqual(['unreadable record', '3/3']);
    expect(session.committed).toBe(4);
  });

  it.each<[string, Buffer]>([
    ['that is no zstd', Buffer.from('garbage')],
    ['that is empty', Buffer.alloc(0)],
  ])('leaves out a process with a value %s, and says so', async (_, value) => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    const [first, ...others] = recordsOf();
    await bench.take(session, [{ ...first!, value }, ...others]);
    await bench.role.tick(session);
    expect(bench.frames).toEqual([{ covered: 2, expected: 3, stot: 320, missing: ['p1 unreadable'] }]);
    expect(bench.told).toEqual(['unreadable process', '2/3']);
    expect(session.committed).toBe(3);
  });

  it('leaves out a process whose text is HTML', async () => {
    const bench = new NodeBench();
    const html = {
      process: 'p1',
      info: Buffer.from('Tasks: 1\n'),
      stat: Buffer.from('<html>\n<body>502</body>\n'),
    };
    await bench.take(new FakeSession(slot), recordsOf({ replies: [html, reply('p2', 20)] }));
    expect(bench.frames).toEqual([{ covered: 1, expected: 2, stot: 20, missing: ['p1 unreadable'] }]);
  });

  it('keeps the half of a process that makes sense, and does not count it as covered', async () => {
    const bench = new NodeBench();
    const odd = { ...reply('p1', 1), info: Buffer.from('Name: HAProxy\n') };
    await bench.take(new FakeSession(slot), recordsOf({ replies: [odd, reply('p2', 20)] }));
    expect(bench.frames).toEqual([{ covered: 1, expected: 2, stot: 21, missing: ['p1 unreadable'] }]);
    expect(bench.told).toEqual(['unreadable process', '1/2']);
  });

  it('says of a process of which nothing makes sense that it is unreadable once', async () => {
    const bench = new NodeBench();
    const garbage = { process: 'p1', info: Buffer.from('Name: HAProxy\n'), stat: Buffer.from('<html>\n') };
    await bench.take(new FakeSession(slot), recordsOf({ replies: [garbage] }));
    expect(bench.told).toEqual(['unreadable process', '0/1']);
  });

  it('names the process, and what is wrong with each of its halves', async () => {
    const bench = new NodeBench();
    const odd = { process: 'p1', info: Buffer.from('\n'), stat: Buffer.alloc(0) };
    await bench.take(new FakeSession(slot), recordsOf({ replies: [odd, reply('p2', 20)] }));
    expect(bench.errors).toEqual([
      "node lb1: 'show info' of process p1 cannot be read: no line 'Name: number' in 'show info', whose first line is empty; the rest of its node counts",
      "node lb1: 'show stat' of process p1 cannot be read: 'show stat' is empty; the rest of its node counts",
    ]);
  });

  it('writes down by which semantics a frame was merged, and how long that took', async () => {
    const bench = new NodeBench();
    await bench.take(new FakeSession(slot), recordsOf());
    const { head, tables } = readFramePart(bench.writer.records[0]!).frame;
    expect(head).toMatchObject({ semantics: 'exact', timings: { info: 0, parse: 0 } });
    expect(tables.map(({ kind }) => kind)).toEqual(['daemon', 'process', 'frontend']);
  });

  it('counts the good rows of a process whose text is cut, and does not count it as covered', async () => {
    const bench = new NodeBench();
    const whole = reply('p1', 300);
    const cut = { ...whole, stat: Buffer.concat([whole.stat, Buffer.from('api,FRONTE')]) };
    await bench.take(new FakeSession(slot), recordsOf({ replies: [cut, reply('p2', 20)] }));
    expect(bench.frames).toEqual([{ covered: 1, expected: 2, stot: 320, missing: ['p1 unreadable'] }]);
    expect(bench.told).toEqual(['unreadable process', '1/2']);
  });

  it('takes the one process that answers for one of several', async () => {
    const stat = Buffer.from('# pxname,svname,stot,fresh,type,\nweb,FRONTEND,1,7,0,\n');
    const replies = [{ process: 'p1', info: Buffer.from('Tasks: 1\n'), stat }];
    const fieldsOf = async (failures: Poll['failures']) => {
      const bench = new NodeBench();
      await bench.take(new FakeSession(slot), recordsOf({ replies, failures }));
      const { tables } = readFramePart(bench.writer.records[0]!).frame;
      return tables.find(({ kind }) => kind === 'frontend')!.columns.map(({ field }) => field);
    };
    expect(await fieldsOf([])).toEqual(['stot', 'fresh']);
    expect(await fieldsOf([{ process: 'p2', reason: 'refused', detail: '' }])).toEqual(['stot']);
  });

  it('is not stopped by a proxy name that is none', async () => {
    const bench = new NodeBench();
    await bench.take(
      new FakeSession(slot),
      recordsOf({ replies: [reply('p1', 1, 'x'.repeat(65_536)), reply('p2', 20)] }),
    );
    expect(bench.frames).toEqual([{ covered: 1, expected: 2, stot: 20, missing: ['p1 unreadable'] }]);
  });

  it('needs no memory out of proportion for a chunk of empty lines', async () => {
    const bench = new NodeBench();
    const stat = Buffer.concat([
      Buffer.from('# pxname,svname,stot,type,\nweb,FRONTEND,1,0,\n'),
      Buffer.alloc(700_000, '\n'),
    ]);
    const records = recordsOf({ replies: [{ process: 'p1', info: Buffer.from('Tasks: 1\n'), stat }] });
    const before = process.memoryUsage().arrayBuffers;
    await bench.take(new FakeSession(slot), records);
    expect(bench.frames.length).toBe(1);
    expect((process.memoryUsage().arrayBuffers - before) / 2 ** 20).toBeLessThan(50);
  });

  it('takes a process as one poll took it, also when the chunks of two polls come interleaved', async () => {
    const bench = new NodeBench();
    const rows = (width: number) =>
      Array.from(
        { length: 60_000 },
        (_, i) => `frontend-number-${i},FRONTEND,${'1'.padEnd(width, '0')},0,\n`,
      );
    const poll = (source: string, width: number) => {
      const stat = Buffer.from(`# pxname,svname,stot,type,\n${rows(width).join('')}`);
      return recordsOf({ source, replies: [{ process: 'p1', info: Buffer.from('Tasks: 1\n'), stat }] });
    };
    const [a, b] = [poll('puller-a', 1), poll('puller-b', 2)];
    expect(a.length).toBeGreaterThan(1);
    await bench.take(new FakeSession(slot), [a[0]!, ...b, ...a.slice(1)]);
    const values = bench.writer.records.flatMap((record) => {
      const table = readFramePart(record).frame.tables.find(({ kind }) => kind === 'frontend');
      return table ? [...finishTable(table, 10_000).metrics.find(({ name }) => name === 'stot')!.values] : [];
    });
    expect([values.length, ...new Set(values)]).toEqual([60_000, 10]);
  });

  it('covers no more than it expects when a puller was started again within a slot', async () => {
    const bench = new NodeBench();
    const session = new FakeSession(slot);
    await bench.take(session, recordsOf({ replies: [reply('p1', 1)] }));
    await bench.take(
      session,
      recordsOf({ startedAt: slot + 500, replies: [reply('p1', 1), reply('p2', 20)] }),
    );
    expect(bench.frames.at(-1)).toMatchObject({ covered: 2, expected: 2, stot: 21 });
  });

  describe('when a second puller of the node comes late', () => {
    async function late(ms: number): Promise<NodeBench> {
      const bench = new NodeBench();
      const session = new FakeSession(slot);
      await bench.take(session, recordsOf());
      for (session.time = slot; session.time < slot + ms; session.time += 500) await bench.role.tick(session);
      await bench.take(session, recordsOf({ source: 'puller-2', replies: [reply('p4', 4000)] }));
      await bench.role.tick(session);
      expect(session.committed).toBe(4);
      return bench;
    }

    it('adds its processes to those that were there', async () => {
      expect((await late(20_000)).frames.at(-1)).toMatchObject({ covered: 4, expected: 4, stot: 4321 });
    });

    it('counts what comes too late, and does not put it in the place of the others', async () => {
      const bench = await late(70_000);
      expect(bench.frames.length).toBe(1);
      expect(bench.told).toEqual(['3/3', 'late']);
    });
  });
});
