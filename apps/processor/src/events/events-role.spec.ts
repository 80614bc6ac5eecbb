import {
  compress,
  createRecordEncoder,
  encodeFrame,
  frameRecords,
  type LogEntry,
  type LogRecord,
} from '@haproxystats/messaging';
import type { Frame, HaproxyEvent } from '@haproxystats/metrics';
import { silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../test/support/fake-clock';
import { FakeSession, FakeWriter } from '../../../../test/support/fake-session';
import { firstSlot, intervalMs, watchedFrame, type Said } from '../../../../test/support/watched-node';
import { EventLog } from './event-log';
import { EventTopic } from './event-topic';
import { EventsRole } from './events-role';

const socket = '/run/1.sock';

function frame(slot: number, s1: string, more: Partial<Said> = {}): Frame {
  const rows = { web: 'OPEN', be: 'UP', 'be/s1': s1 };
  return watchedFrame({ slot, processes: { [socket]: { rows } }, ...more });
}

interface Line {
  readonly level: string;
  readonly text: string;
}

/** A role with a topic and a log, and the session in which it reads. */
class Reader {
  readonly session = new FakeSession(firstSlot);
  readonly writer: FakeWriter;
  readonly lines: Line[] = [];
  readonly counts = { unreadable: 0, buried: 0, untold: 0 };
  readonly role: EventsRole;

  constructor(writer = new FakeWriter()) {
    this.writer = writer;
    const clock = new FakeClock();
    const say = (level: string) => (_: unknown, text: string) => void this.lines.push({ level, text });
    const logger = {
      ...silentLogger,
      info: say('info'),
      warn: say('warn'),
      error: say('error'),
    } as typeof silentLogger;
    const encoder = createRecordEncoder({ format: 'json', topicPrefix: 'hs', registry: undefined });
    const bounds = { perNode: 10, overall: 100, nodes: 10 };
    this.role = new EventsRole({
      debounce: 2,
      absentMs: 0,
      topic: new EventTopic({ encoder, writer, topic: 'hs.events.v1', clock, logger }),
      log: new EventLog({ clock, logger, bounds, onUntold: () => this.counts.untold++ }),
      logger,
      deadLetters: { bury: () => Promise.resolve(this.counts.buried++ > 0 ? 'kept' : 'kept') },
      onUnreadable: () => this.counts.unreadable++,
    });
  }

  get events(): HaproxyEvent[] {
    return this.writer.records.map(({ value }) => JSON.parse(value.toString()) as HaproxyEvent);
  }

  async read(entry: LogEntry): Promise<void> {
    this.session.time = entry.appendedAt;
    await this.role.record(entry, this.session);
    await this.role.tick(this.session);
  }
}

function entryOf(record: LogRecord, offset: number, at: number): LogEntry {
  const place = { topic: 'frames', partition: 0, offset, next: offset + 1, priming: false };
  return { ...record, ...place, appendedAt: firstSlot + at * intervalMs };
}

/** Each frame at the time of its slot. */
function logOf(frames: readonly Frame[]): LogEntry[] {
  const records = frames.flatMap((each) =>
    frameRecords(each).map((record) => ({ record, at: (each.head.slot - firstSlot) / intervalMs })),
  );
  return records.map(({ record, at }, offset) => entryOf(record, offset, at));
}

const story = [
  frame(0, 'UP'),
  frame(1, 'UP'),
  frame(2, 'DOWN', { texts: { last_chk: { 'be/s1': 'Connection refused' } } }),
  frame(3, 'DOWN', { texts: { last_chk: { 'be/s1': 'Connection refused' } } }),
  frame(4, 'UP'),
  frame(5, 'UP', { node: 'lb2' }),
  frame(5, 'UP'),
  frame(6, 'UP', { processes: { [socket]: { rows: { web: 'OPEN' }, pid: 8, startedAt: 5.5 } } }),
  frame(7, 'UP', { processes: { [socket]: { rows: { web: 'OPEN' }, pid: 8, startedAt: 5.5 } } }),
  ...[12, 13, 14, 15, 16].map((slot) => frame(slot, 'UP')),
];

describe('EventsRole', () => {
  it('writes events into their topic and the log, and commits behind them', async () => {
    const reader = new Reader();
    for (const entry of logOf(story.slice(0, 4))) await reader.read(entry);
    const [record] = reader.writer.records;
    expect(reader.writer.records).toHaveLength(1);
    expect(record).toMatchObject({ key: 'eu/lb1/server be/s1', headers: { 'hs-type': 'server_state' } });
    expect(reader.events[0]).toMatchObject({ from: 'UP', to: 'DOWN', slot: firstSlot + 2 * intervalMs });
    expect(reader.events[0]!.id).toBe(record!.headers['hs-id']);
    expect(reader.lines).toEqual([
      { level: 'warn', text: 'node lb1: server be/s1: UP -> DOWN (Connection refused)' },
    ]);
    expect(reader.session.committed).toBe(4);
  });

  it('tells the same, wherever it is killed, and reads again from its position', async () => {
    const log = logOf(story);
    const whole = new Reader();
    for (const entry of log) await whole.read(entry);
    const ids = whole.events.map(({ id }) => id);
    expect(whole.lines.map(({ text }) => text)).toEqual([
      'node lb1: server be/s1: UP -> DOWN (Connection refused)',
      'node lb2: joined',
      'node lb1: server be/s1: DOWN -> UP after 20 s',
      'node lb1: process /run/1.sock reloaded: pid 7 -> 8 (HAProxy 3.0.1) after 10055 s',
      'node lb1: backend be: UP -> not there',
      'node lb1: server be/s1: UP -> not there after 20 s',
      'node lb1: left',
      'node lb1: joined',
      'node lb2: left after 10 s',
    ]);
    for (let kill = 0; kill < log.length; kill++) {
      const first = new Reader();
      for (const entry of log.slice(0, kill)) await first.read(entry);
      // It ends after its events were taken, and before it could commit.
      first.session.time = log[kill]!.appendedAt;
      await first.role.record(log[kill]!, first.session);
      const { watermark, base } = first.session.commits.at(-1) ?? { watermark: 0, base: 0 };
      const second = new Reader(first.writer);
      for (const entry of log.slice(base)) await second.read({ ...entry, priming: entry.offset < watermark });
      expect([...new Set(second.events.map(({ id }) => id))].toSorted()).toEqual(ids.toSorted());
    }
  });

  it('does not commit what its topic has not taken', async () => {
    const reader = new Reader();
    const log = logOf(story);
    for (const entry of log.slice(0, 3)) await reader.read(entry);
    reader.writer.refuse = true;
    const stuck = reader.role.record(log[3]!, reader.session);
    reader.session.end();
    await expect(stuck).rejects.toThrow('aborted');
    expect(reader.session.committed).toBe(3);
  });

  it('puts aside what cannot be read, and goes on', async () => {
    const reader = new Reader();
    const [first, ...others] = logOf(story.slice(0, 4));
    await reader.read({ ...first!, value: Buffer.from('nonsense') });
    expect(reader.counts).toMatchObject({ unreadable: 1, buried: 1 });
    for (const entry of others) await reader.read(entry);
    expect(reader.events).toHaveLength(1);
    await reader.read({ ...first!, value: Buffer.from('nonsense'), priming: true });
    expect(reader.counts).toMatchObject({ unreadable: 1, buried: 1 });
  });

  it('logs no more than so many lines of a node in a minute, and says so', async () => {
    const reader = new Reader();
    const many = (status: string) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`be/s${i}`, status]));
    const at = (slot: number, status: string) =>
      watchedFrame({ slot, processes: { [socket]: { rows: many(status) } } });
    for (const entry of logOf([at(0, 'UP'), at(1, 'DOWN'), at(2, 'DOWN')])) await reader.read(entry);
    expect(reader.events).toHaveLength(20);
    expect(reader.lines).toHaveLength(11);
    expect(reader.lines.at(-1)!.text).toContain('node lb1: more events than are logged');
    expect(reader.counts.untold).toBe(10);
  });

  it('takes whatever stands in a frame that can be read', async () => {
    const hostile = (slot: number, status: string): Frame => {
      const said = { slot, processes: { [socket]: { rows: { web: status, 'be/s1': status }, pid: slot } } };
      const { head, tables } = watchedFrame({
        ...said,
        lastchg: { 'be/s1': slot % 2 === 0 ? 1e300 : -1e300 },
      });
      const processes = head.processes!.map((life) => ({ ...life, startedAt: (slot - 2) * 2 ** 51 }));
      const twice = tables.map((table) => ({
        ...table,
        proxies: table.proxies.map(() => 'x'.repeat(60_000)),
      }));
      return { head: { ...head, intervalMs: 2 ** 52, processes }, tables: [...twice, ...twice] };
    };
    const reader = new Reader();
    const statuses = ['UP', 'DOWN', 'DOWN', '???', '???', 'UP', 'UP'];
    for (const entry of logOf(statuses.map((status, slot) => hostile(slot, status))))
      await reader.read(entry);
    await reader.role.tick(reader.session);
    expect(reader.events.length).toBeGreaterThan(6);
    for (const { slot, duration_ms, detail } of reader.events)
      expect([
        Number.isSafeInteger(slot),
        Number.isSafeInteger(duration_ms ?? 0),
        detail.length < 1_000,
      ]).toEqual([true, true, true]);
    expect(reader.session.committed).toBe(statuses.length);
  });

  it('takes a frame of several records as one', async () => {
    const rows = (status: string) =>
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`be/s${i}`, status]));
    const statuses = ['UP', 'UP', 'DOWN', 'DOWN'];
    const frames = statuses.map((status, slot) =>
      watchedFrame({ slot, processes: { [socket]: { rows: rows(status) } } }),
    );
    const reader = new Reader();
    const records = frames.flatMap((each, slot) => cutInto(3, each).map((record) => ({ record, slot })));
    const log = records.map(({ record, slot }, offset) => entryOf(record, offset, slot));
    for (const entry of log.slice(0, 11)) await reader.read(entry);
    expect(reader.session.commits.at(-1)).toEqual({ watermark: 9, base: 0 });
    await reader.read(log[11]!);
    expect(reader.events.map(({ entity }) => entity)).toEqual(
      Object.keys(rows('')).map((name) => `server ${name}`),
    );
    expect(reader.session.commits.at(-1)).toEqual({ watermark: 12, base: 0 });
  });
});

function cutInto(parts: number, each: Frame): LogRecord[] {
  const [whole] = frameRecords(each);
  return Array.from({ length: parts }, (_, part) => ({
    ...whole!,
    headers: { ...whole!.headers, 'hs-part': `${part}/${parts}` },
    value: compress(encodeFrame(each, { part, parts })),
  }));
}
