import { FakeClock } from '../../../../test/support/fake-clock';
import { FakeWriter } from '../../../../test/support/fake-session';
import { RecordedLog } from '../../../../test/support/recorded-log';
import type { DeadLetter } from './dead-letter';
import { DeadLetters } from './dead-letters';

describe('DeadLetters', () => {
  let clock: FakeClock;
  let log: FakeWriter;
  let counts: Record<string, number>;
  let said: RecordedLog;
  let session: AbortController;
  let letters: DeadLetters;

  beforeEach(() => {
    clock = new FakeClock();
    log = new FakeWriter();
    counts = {};
    said = new RecordedLog();
    session = new AbortController();
    const count = (name: string) => void (counts[name] = (counts[name] ?? 0) + 1);
    letters = new DeadLetters({
      log,
      topic: 'hs.dlq.v1',
      reader: 'hs-node',
      clock,
      logger: said.logger,
      events: {
        kept: (reason) => count(`kept ${reason}`),
        suppressed: () => count('suppressed'),
        failed: () => count('failed'),
        cut: () => count('cut'),
      },
    });
  });

  function letter(node = 'lb1', value = Buffer.from('x')): DeadLetter {
    const headers = { 'hs-cluster': 'eu', 'hs-node': node };
    const entry = { topic: 'raw', partition: 0, offset: 5, appendedAt: 1, key: 'k', headers, value };
    return { entry, reason: 'chunk', error: new Error('broken') };
  }

  it('keeps a letter, and resolves once the queue has it', async () => {
    log.refuse = true;
    let fate: string | undefined;
    const burying = letters.bury(letter(), session.signal).then((each) => (fate = each));
    await clock.advance(1_000);
    expect(fate).toBeUndefined();
    session.abort();
    await expect(burying).rejects.toThrow();
    expect(counts).toEqual({});

    log.refuse = false;
    expect(await letters.bury(letter(), new AbortController().signal)).toBe('kept');
    expect(log.records).toHaveLength(1);
    expect(counts).toEqual({ 'kept chunk': 1 });
    expect(said.leveled()).toEqual([]);
  });

  it('keeps ten a minute of a node, counts the rest, and says so once', async () => {
    const fates: string[] = [];
    for (let i = 0; i < 100; i++) fates.push(await letters.bury(letter(), session.signal));
    expect(fates.filter((fate) => fate === 'kept')).toHaveLength(10);
    expect(counts).toEqual({ 'kept chunk': 10, suppressed: 90 });
    expect(said.leveled()).toEqual([
      expect.stringMatching(/^warn: node eu\/lb1: more records cannot be read than are kept \(10 a minute/),
    ]);
    expect(await letters.bury(letter('lb2'), session.signal)).toBe('kept');
  });

  it('waits ten seconds at most for a queue that does not take it, and then a minute before it asks again', async () => {
    log.refuse = true;
    const first = letters.bury(letter(), session.signal);
    await clock.advance(10_000);
    expect(await first).toBe('failed');
    expect(said.leveled()).toEqual([
      'error: a record that cannot be read is not kept in hs.dlq.v1: hs.dlq.v1 did not take it within 10 s. It stays where it is until its log deletes it; for 60 s others are only counted',
    ]);

    expect(await letters.bury(letter('lb2'), session.signal)).toBe('failed');
    await clock.advance(60_000);
    const second = letters.bury(letter('lb3'), session.signal);
    await clock.advance(2_000);
    expect(await second).toBe('failed');
    expect(counts).toEqual({ failed: 3 });

    await clock.advance(60_000);
    log.refuse = false;
    expect(await letters.bury(letter('lb4'), session.signal)).toBe('kept');
    expect(said.leveled().at(-1)).toBe('info: hs.dlq.v1 takes records again');
  });

  it('goes on where the log cannot be opened or refuses for good', async () => {
    log.append = () => Promise.reject(new RangeError('too large'));
    expect(await letters.bury(letter(), session.signal)).toBe('failed');
    expect(said.texts()[0]).toContain('not kept in hs.dlq.v1: too large.');
  });

  it('counts what it had to cut', async () => {
    await letters.bury(letter('lb1', Buffer.alloc(2_000_000)), session.signal);
    expect(counts).toEqual({ cut: 1, 'kept chunk': 1 });
  });
});
