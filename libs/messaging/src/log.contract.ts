import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../../../test/harness/eventually';
import type { LogEntry, LogHandler, LogReader, LogRecord, LogWriter, PartitionSession } from './log';

/** A log that is empty and nobody else's. */
export interface LogUnderTest {
  readonly topic: string;
  readonly writer: LogWriter;
  /** Readers of one group follow one another, never at once; those of two groups may read side by side. They tick every `tickMs`. */
  reader(group: 'first' | 'second'): LogReader;
  readonly tickMs: number;
  /** What a reader holds at most in memory while its handler is busy, in bytes. */
  readonly readAheadBytes: number;
  dispose(): Promise<void>;
}

export interface DescribeLogOptions {
  /** How long to wait for what must happen. */
  readonly patienceMs: number;
  /** How long to watch for what must not happen. */
  readonly quietMs: number;
}

/** What every Log promises (log.ts), as tests. */
export function describeLog(
  name: string,
  makeLog: () => Promise<LogUnderTest>,
  { patienceMs, quietMs }: DescribeLogOptions = { patienceMs: 5_000, quietMs: 100 },
): void {
  const patience = { withinMs: patienceMs };
  describe(`${name} as a Log`, () => {
    let log: LogUnderTest;
    let readers: LogReader[];

    beforeEach(async () => {
      log = await makeLog();
      readers = [];
    }, 4 * patienceMs);

    afterEach(async () => {
      await Promise.all(readers.map((reader) => reader.close()));
      await log.writer.close();
      await log.dispose();
    }, 4 * patienceMs);

    const promise = (what: string, test: () => Promise<void>): void => {
      it(what, test, 8 * patienceMs);
    };

    const append = (...values: string[]): Promise<void> => log.writer.append(log.topic, values.map(recordOf));

    function read(handler: LogHandler, group: 'first' | 'second' = 'first'): LogReader {
      const reader = log.reader(group);
      readers.push(reader);
      reader.start(handler);
      return reader;
    }

    /** Reads until `count` records came, and stays open. */
    async function readUntil(count: number, handler = new Recorder()): Promise<[Recorder, LogReader]> {
      const reader = read(handler);
      await until(() => handler.entries.length >= count, patience);
      return [handler, reader];
    }

    promise('hands over what was appended, in order', async () => {
      const before = Date.now();
      await log.writer.append(log.topic, [
        { key: 'lb/one', headers: { 'hs-v': '1', 'hs-node': 'nœud' }, value: Buffer.from([0, 255, 10]) },
        { key: 'lb/one', headers: {}, value: Buffer.alloc(0) },
      ]);
      await append('third');
      const [{ entries }] = await readUntil(3);
      expect(entries[0]).toMatchObject({
        topic: log.topic,
        key: 'lb/one',
        headers: { 'hs-v': '1', 'hs-node': 'nœud' },
        priming: false,
      });
      expect(entries[0]!.value).toEqual(Buffer.from([0, 255, 10]));
      expect(entries[1]).toMatchObject({ key: 'lb/one', headers: {} });
      expect(entries[1]!.value).toHaveLength(0);
      expect(valuesOf(entries)[2]).toBe('third');
      for (const { appendedAt } of entries) expect(Math.abs(appendedAt - before)).toBeLessThan(60_000);
    });

    promise('numbers records so that each lies at or behind the next of the one before', async () => {
      await append('a', 'b');
      await append('c');
      const [{ entries }] = await readUntil(3);
      for (const [index, entry] of entries.entries()) {
        expect(entry.next).toBeGreaterThan(entry.offset);
        if (index > 0) expect(entry.offset).toBeGreaterThanOrEqual(entries[index - 1]!.next);
      }
    });

    promise('hands over what is appended while it reads', async () => {
      const recorder = new Recorder();
      const reader = read(recorder);
      await until(() => reader.ready, patience);
      for (let n = 0; n < 20; n++) await append(`${n}`);
      await until(() => recorder.entries.length >= 20, patience);
      expect(valuesOf(recorder.entries)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    });

    promise('rejects an append whose signal has aborted', async () => {
      await expect(
        log.writer.append(log.topic, [recordOf('late')], AbortSignal.abort(new Error('stop'))),
      ).rejects.toThrow('stop');
    });

    promise('reads again what was not committed', async () => {
      await append('a', 'b');
      const [, reader] = await readUntil(2);
      await reader.close();
      const [again] = await readUntil(2);
      expect(valuesOf(again.entries)).toEqual(['a', 'b']);
    });

    promise('resumes at the watermark', async () => {
      await append('a', 'b', 'c');
      await append('d');
      const [{ entries, session }, reader] = await readUntil(4);
      await session.commit(positionOf(entries[1]!.next));
      await reader.close();
      const [again] = await readUntil(2);
      expect(valuesOf(again.entries)).toEqual(['c', 'd']);
      expect(again.entries.map(({ priming }) => priming)).toEqual([false, false]);
    });

    promise('resumes at the base; what lies below the watermark is priming', async () => {
      await append('a', 'b', 'c');
      await append('d', 'e');
      const [{ entries, session }, reader] = await readUntil(5);
      await session.commit({ watermark: entries[3]!.next, base: entries[1]!.offset });
      await reader.close();
      const [again] = await readUntil(4);
      expect(valuesOf(again.entries)).toEqual(['b', 'c', 'd', 'e']);
      expect(again.entries.map(({ priming }) => priming)).toEqual([true, true, true, false]);
    });

    promise('never moves a commit back', async () => {
      await append('a', 'b', 'c', 'd');
      const [{ entries, session }, reader] = await readUntil(4);
      await session.commit(positionOf(entries[2]!.next));
      await session.commit(positionOf(entries[0]!.next));
      await reader.close();
      const [again, second] = await readUntil(1);
      await again.session.commit(positionOf(entries[1]!.next));
      await second.close();
      const [third] = await readUntil(1);
      expect(valuesOf(third.entries)).toEqual(['d']);
    });

    promise('ignores a commit of a session that has ended', async () => {
      await append('a', 'b');
      const [{ entries, session }, reader] = await readUntil(2);
      await reader.close();
      expect(session.signal.aborted).toBe(true);
      await session.commit(positionOf(entries[1]!.next));
      const [again] = await readUntil(2);
      expect(valuesOf(again.entries)).toEqual(['a', 'b']);
    });

    promise('refuses to commit what it has not handed over', async () => {
      await append('a');
      const [{ entries, session }] = await readUntil(1);
      await expect(session.commit(positionOf(entries[0]!.next * 2 + 1))).rejects.toThrow(RangeError);
      await expect(session.commit({ watermark: entries[0]!.offset, base: entries[0]!.next })).rejects.toThrow(
        RangeError,
      );
    });

    promise('calls the handler for one thing at a time', async () => {
      let inside = 0;
      let most = 0;
      const slow = async (): Promise<void> => {
        most = Math.max(most, ++inside);
        await delay(log.tickMs / 4);
        inside--;
      };
      const recorder = new Recorder({ record: slow, tick: slow });
      await append('a', 'b', 'c');
      await append('d', 'e', 'f');
      await readUntil(6, recorder);
      await until(() => recorder.ticks > 2, patience);
      expect(most).toBe(1);
    });

    promise('ticks while records come, when they cease, and while idle', async () => {
      const recorder = new Recorder({ record: () => delay(log.tickMs) });
      await append('a', 'b', 'c', 'd');
      const reader = read(recorder);
      await until(() => recorder.entries.length === 3, patience);
      expect(recorder.ticks).toBeGreaterThan(0);
      await until(() => recorder.entries.length === 4, patience);
      const then = recorder.ticks;
      await until(() => recorder.ticks > then + 2, patience);
      expect(reader.ready).toBe(true);
    });

    promise('has a log clock that never moves back and runs on while idle', async () => {
      const seen: number[] = [];
      const look = (session: PartitionSession): Promise<void> => {
        seen.push(session.now());
        return Promise.resolve();
      };
      const recorder = new Recorder({ record: (_, session) => look(session), tick: look });
      for (let n = 0; n < 5; n++) await append(`${n}`);
      await readUntil(5, recorder);
      expect(recorder.session.now()).toBeGreaterThanOrEqual(recorder.entries[4]!.appendedAt);
      const then = recorder.session.now();
      await until(() => recorder.session.now() >= then + 20, patience);
      await until(() => recorder.ticks > 3, patience);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    });

    promise('closes when the call in hand is over, and stores what it commits', async () => {
      let finished = false;
      const recorder = new Recorder({
        record: async (entry, session) => {
          while (!session.signal.aborted) await delay(5);
          await session.commit(positionOf(entry.next));
          finished = true;
        },
      });
      await append('a', 'b', 'c');
      const [, reader] = await readUntil(1, recorder);
      await reader.close();
      expect(finished).toBe(true);
      expect(reader.ready).toBe(false);
      expect(valuesOf(recorder.entries)).toEqual(['a']);
      const [again] = await readUntil(2);
      expect(valuesOf(again.entries)).toEqual(['b', 'c']);
    });

    promise('dies of a handler that throws, and says of what', async () => {
      const fault = new Error('a fault of ours');
      const recorder = new Recorder({ record: () => Promise.reject(fault) });
      await append('a', 'b');
      const reader = read(recorder);
      await expect(reader.failure).rejects.toBe(fault);
      await delay(quietMs);
      expect(valuesOf(recorder.entries)).toEqual(['a']);
      expect(recorder.session.signal.aborted).toBe(true);
      expect(reader.ready).toBe(false);
    });

    promise('tells how many records it has not committed', async () => {
      await append('a', 'b', 'c');
      await append('d', 'e');
      const [{ entries, session }, reader] = await readUntil(5);
      await until(() => lagOf(reader) === 5, patience);
      await session.commit(positionOf(entries[1]!.next));
      await until(() => lagOf(reader) === 3, patience);
      await session.commit(positionOf(entries[4]!.next));
      await until(() => lagOf(reader) === 0, patience);
    });

    promise('serves two groups independently', async () => {
      await append('a', 'b');
      const [first, reader] = await readUntil(2);
      await first.session.commit(positionOf(first.entries[1]!.next));
      await reader.close();
      const second = new Recorder();
      read(second, 'second');
      await until(() => second.entries.length === 2, patience);
      expect(valuesOf(second.entries)).toEqual(['a', 'b']);
    });

    promise('reads no further ahead than it may while the handler is busy', async () => {
      const valueBytes = 128 * 1024;
      const batch = Array.from({ length: 6 }, (_, n) => ({
        key: 'k',
        headers: {},
        value: Buffer.alloc(valueBytes, n),
      }));
      const batches = Math.ceil(log.readAheadBytes / valueBytes);
      for (let n = 0; n < batches; n++) await log.writer.append(log.topic, batch);
      let release!: () => void;
      const gate = new Promise<void>((resolve) => (release = resolve));
      let count = 0;
      const before = bufferBytes();
      read({
        record: async () => {
          count++;
          await gate;
        },
        tick: () => Promise.resolve(),
      });
      try {
        await until(() => count === 1, patience);
        await delay(2 * quietMs);
        expect(bufferBytes() - before).toBeLessThan(2 * log.readAheadBytes);
      } finally {
        release();
      }
      await until(() => count === batches * batch.length, { withinMs: 4 * patienceMs });
    });
  });
}

type RecordCall = (entry: LogEntry, session: PartitionSession) => Promise<unknown>;
type TickCall = (session: PartitionSession) => Promise<unknown>;

/** Keeps what it is given. */
class Recorder implements LogHandler {
  readonly entries: LogEntry[] = [];
  ticks = 0;
  #session: PartitionSession | undefined;

  constructor(private readonly calls: { record?: RecordCall; tick?: TickCall } = {}) {}

  /** Of the partition the records came from. */
  get session(): PartitionSession {
    return this.#session!;
  }

  async record(entry: LogEntry, session: PartitionSession): Promise<void> {
    this.#session = session;
    this.entries.push(entry);
    await this.calls.record?.(entry, session);
  }

  async tick(session: PartitionSession): Promise<void> {
    if (session.partition === this.#session?.partition) this.ticks++;
    await this.calls.tick?.(session);
  }
}

function recordOf(value: string): LogRecord {
  return { key: 'key', headers: { 'hs-v': '1' }, value: Buffer.from(value) };
}

const valuesOf = (entries: readonly LogEntry[]): string[] => entries.map(({ value }) => value.toString());

const positionOf = (offset: number): { watermark: number; base: number } => ({
  watermark: offset,
  base: offset,
});

const lagOf = (reader: LogReader): number => [...reader.lag().values()].reduce((sum, lag) => sum + lag, 0);

/** Bytes in buffers that somebody still holds. */
function bufferBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}
