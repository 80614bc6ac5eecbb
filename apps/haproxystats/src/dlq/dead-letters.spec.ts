import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import {
  deadLetterRecord,
  markedLetter,
  replayMark,
  type DeadLetter,
  type DeadLetterStore,
  type LogEntry,
  type LogRecord,
} from '@haproxystats/messaging';
import { listLetters } from './list-letters';
import { replayLetters } from './replay-letters';

const start = Date.parse('2026-02-03T04:05:06Z');

/** A queue like that of a Kafka: nothing goes, marks are added. */
class FakeStore implements DeadLetterStore {
  readonly place = 'topic hs.dlq.v1';
  readonly entries: LogEntry[] = [];
  corrupt = 0;

  add(record: LogRecord): void {
    const offset = this.entries.length;
    const at = {
      topic: 'hs.dlq.v1',
      partition: 0,
      offset,
      next: offset + 1,
      appendedAt: start + offset * 60_000,
    };
    this.entries.push({ ...record, ...at, priming: false });
  }

  async read(visit: (entry: LogEntry) => Promise<void>): Promise<number> {
    for (const entry of [...this.entries]) await visit(entry);
    return this.corrupt;
  }

  markReplayed(entry: LogEntry): Promise<void> {
    this.add(replayMark(entry));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('haproxystats dlq', () => {
  let store: FakeStore;
  let taken: [topic: string, record: LogRecord][];
  let refuseAfter: number;

  beforeEach(() => {
    store = new FakeStore();
    taken = [];
    refuseAfter = Infinity;
  });

  function letter(
    node: string,
    change: Partial<DeadLetter['entry']> = {},
    headers: Record<string, string> = {},
  ): void {
    const facts = {
      'hs-cluster': 'eu',
      'hs-node': node,
      'hs-slot': '1700000000000',
      'hs-proc': 'p1',
      ...headers,
    };
    const entry = {
      topic: 'hs.raw.v1',
      partition: 2,
      offset: 40 + store.entries.length,
      appendedAt: 1,
      key: `eu/${node}`,
      headers: facts,
      value: Buffer.from('the bytes'),
      ...change,
    };
    store.add(deadLetterRecord({ entry, reason: 'text', error: new Error('no header') }, 'hs-node').record);
  }

  async function run(
    what: (streams: { out: PassThrough; err: PassThrough; stop: AbortSignal }) => Promise<number>,
  ): Promise<{ status: number; out: string[]; err: string }> {
    const streams = { out: new PassThrough(), err: new PassThrough(), stop: new AbortController().signal };
    const status = await what(streams);
    const text = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? '').toString();
    return { status, out: text(streams.out).split('\n').slice(0, -1), err: text(streams.err) };
  }

  const list = (options: { limit?: number; node?: string; since?: number } = {}) =>
    run((streams) =>
      listLetters(store, { limit: 100, node: undefined, since: undefined, ...options }, streams),
    );

  const replay = (filter: { node?: string; since?: number } = {}) => {
    const logs = {
      takes: (topic: string) => topic === 'hs.raw.v1',
      append: (topic: string, record: LogRecord) => {
        if (taken.length >= refuseAfter) return Promise.reject(new Error('the broker is away'));
        taken.push([topic, record]);
        return Promise.resolve();
      },
    };
    return run((streams) =>
      replayLetters({ node: undefined, since: undefined, ...filter }, { store, logs, ...streams }),
    );
  };

  describe('list', () => {
    it('prints a table, the oldest first', async () => {
      letter('lb1');
      letter('lb2', { topic: 'hs.frames.node.v1' }, { 'hs-proc': '' });
      expect(await list()).toEqual({
        status: 0,
        out: [
          'TIME                  NODE    PROCESS  SLOT                  BYTES  RECORD                  STATE  REASON',
          '2026-02-03T04:05:06Z  eu/lb1  p1       2023-11-14T22:13:20Z  9      hs.raw.v1/2/40          new    text: no header',
          '2026-02-03T04:06:06Z  eu/lb2  -        2023-11-14T22:13:20Z  9      hs.frames.node.v1/2/41  new    text: no header',
        ],
        err: '2 of topic hs.dlq.v1\n',
      });
    });

    it('prints the newest only, says how many there are, and goes by node and time', async () => {
      for (const node of ['a', 'b', 'a', 'b', 'a', 'b', 'a']) letter(node);
      const rows = ({ out }: { out: string[] }) => out.slice(1).map((line) => /v1\/2\/(\d+)/.exec(line)![1]);
      const newest = await list({ limit: 3 });
      expect([rows(newest), newest.err]).toEqual([
        ['44', '45', '46'],
        '3 of topic hs.dlq.v1, the newest of 7: see --limit\n',
      ]);
      expect(rows(await list({ node: 'b' }))).toEqual(['41', '43', '45']);
      expect(rows(await list({ node: 'eu/b' }))).toEqual(['41', '43', '45']);
      expect(rows(await list({ node: 'us/b' }))).toEqual([]);
      expect(rows(await list({ since: start + 5 * 60_000 }))).toEqual(['45', '46']);
    });

    it('says of each whether it can be put back', async () => {
      letter('lb1');
      letter('lb2', {}, { 'hs-replays': '1' });
      letter('lb3', { value: Buffer.alloc(2_000_000) });
      letter('lb4');
      store.add(replayMark(store.entries[0]!));
      const states = (await list()).out.slice(1).map((line) => line.split(/ +/)[6]);
      expect(states).toEqual(['replayed', 'again', 'cut', 'new']);
    });

    it('lets nothing from the wire steer the terminal', async () => {
      letter('lb1', { topic: 'hs.raw.v1\u001b[2J' }, { 'hs-proc': 'p\u001b]0;x\u0007\u202e\n' });
      expect((await list()).out[1]).toContain('  p?]0;x???  ');
      expect((await list()).out).toHaveLength(2);
    });

    it('says that there are none, and tells what is no letter by its status', async () => {
      expect(await list()).toEqual({ status: 0, out: [], err: 'no dead letters in topic hs.dlq.v1\n' });
      store.add({ key: '', headers: {}, value: Buffer.alloc(0) });
      store.corrupt = 1;
      const foreign = await list();
      expect(foreign.status).toBe(2);
      expect(foreign.err).toContain('2 entries there are no dead letters');
    });
  });

  describe('replay', () => {
    it('puts the original back where it came from, once, and says what it did', async () => {
      letter('lb1');
      letter('lb2');
      expect(await replay({ node: 'lb1' })).toEqual({
        status: 0,
        out: ['hs.raw.v1/2/40  eu/lb1  p1  put back'],
        err: '1 of 1 dead letters put back\n',
      });
      expect(taken).toEqual([
        [
          'hs.raw.v1',
          {
            key: 'eu/lb1',
            headers: {
              'hs-cluster': 'eu',
              'hs-node': 'lb1',
              'hs-slot': '1700000000000',
              'hs-proc': 'p1',
              'hs-replays': '1',
            },
            value: Buffer.from('the bytes'),
          },
        ],
      ]);
      expect(store.entries.map(markedLetter)).toEqual([undefined, undefined, '0/0']);

      const again = await replay();
      expect(again).toMatchObject({ status: 0, err: '1 of 2 dead letters put back\n' });
      expect(again.out[0]).toBe('hs.raw.v1/2/40  eu/lb1  p1  left: was put back before');
      expect(taken).toHaveLength(2);
    });

    it('leaves what failed again after it was put back: there is no loop', async () => {
      letter('lb1', {}, { 'hs-replays': '1' });
      expect(await replay()).toMatchObject({ status: 0, err: '0 of 1 dead letters put back\n' });
      expect(taken).toEqual([]);
    });

    it('puts back once what two readers have put aside', async () => {
      letter('lb1', { offset: 7 });
      letter('lb1', { offset: 7 });
      expect((await replay()).status).toBe(0);
      expect(taken).toHaveLength(1);
      expect(store.entries.map(markedLetter)).toEqual([undefined, undefined, '0/0', '0/1']);
    });

    it('does not write into topics that a letter makes up, nor half of a record', async () => {
      letter('lb1', { topic: 'payments' });
      letter('lb2', { value: Buffer.alloc(2_000_000) });
      const nothing = await replay();
      expect(nothing).toMatchObject({ status: 1, err: '0 of 2 dead letters put back\n' });
      expect(nothing.out).toEqual([
        expect.stringMatching(/^payments.* left: is of no topic that is read here$/),
        expect.stringMatching(/ left: is not whole/),
      ]);
      letter('lb3');
      expect((await replay()).status).toBe(2);
      expect(taken).toHaveLength(1);
    });

    it('goes on where nobody reads what it says', async () => {
      for (const node of ['a', 'b', 'c']) letter(node);
      const closed = () =>
        new Writable({ write: (_, __, done) => done(Object.assign(new Error('closed'), { code: 'EPIPE' })) });
      const logs = {
        takes: () => true,
        append: async (topic: string, record: LogRecord) => {
          await turn();
          taken.push([topic, record]);
        },
      };
      const { signal: stop } = new AbortController();
      const ports = { store, logs, stop, out: closed(), err: closed() };
      expect(await replayLetters({ node: undefined, since: undefined }, ports)).toBe(0);
      expect(taken).toHaveLength(3);
    });

    it('stops at a log that takes nothing, with the reason', async () => {
      for (const node of ['a', 'b', 'c']) letter(node);
      refuseAfter = 0;
      expect(await replay()).toMatchObject({
        status: 1,
        err: 'stopped: the broker is away\n0 of 1 dead letters put back\n',
      });
      refuseAfter = 2;
      expect(await replay()).toMatchObject({
        status: 2,
        err: 'stopped: the broker is away\n2 of 3 dead letters put back\n',
      });
      refuseAfter = Infinity;
      expect(await replay()).toMatchObject({ status: 0, err: '1 of 3 dead letters put back\n' });
    });
  });
});
