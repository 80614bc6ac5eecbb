import type { LogEntry } from '../log';
import { RecordFormatError } from '../record-headers';
import type { DeadLetter } from './dead-letter';
import {
  deadLetterRecord,
  markedLetter,
  originalRecord,
  readDeadLetter,
  replayMark,
  type WrittenLetter,
} from './dead-letter-record';

const original = {
  topic: 'hs.raw.v1',
  partition: 3,
  offset: 41,
  appendedAt: 1_700_000_000_123,
  key: 'eu/lb1',
  headers: {
    'hs-v': '1',
    'hs-cluster': 'eu',
    'hs-node': 'lb1',
    'hs-slot': '1700000000000',
    'hs-proc': '/run/p1.sock',
  },
  value: Buffer.from([0, 255, 128, 10]),
};

function write(
  change: Partial<DeadLetter['entry']> = {},
  error = new Error('no such column'),
): WrittenLetter {
  return deadLetterRecord({ entry: { ...original, ...change }, reason: 'text', error }, 'hs-node');
}

function stored({ record }: WrittenLetter): LogEntry {
  return { ...record, topic: 'hs.dlq.v1', partition: 0, offset: 7, next: 8, appendedAt: 1, priming: false };
}

describe('a dead letter', () => {
  it('holds the original as it stood in its log, and says where that was, of whom, for whom, and why', () => {
    const letter = write();
    expect(letter.cut).toEqual([]);
    expect(letter.record).toMatchObject({ key: 'eu/lb1', value: original.value, headers: original.headers });
    expect(readDeadLetter(stored(letter))).toEqual({
      topic: 'hs.raw.v1',
      partition: 3,
      offset: 41,
      appendedAt: 1_700_000_000_123,
      reader: 'hs-node',
      reason: 'text',
      error: 'no such column',
      node: 'eu/lb1',
      slot: 1_700_000_000_000,
      process: '/run/p1.sock',
      bytes: 4,
      cut: [],
      replays: 0,
    });
  });

  it('becomes the original again: key, headers and bytes, and how often it was put back', () => {
    const first = originalRecord(stored(write()));
    expect(first).toEqual({
      key: 'eu/lb1',
      value: original.value,
      headers: { ...original.headers, 'hs-replays': '1' },
    });
    const again = stored(write(first));
    expect(readDeadLetter(again).replays).toBe(1);
    expect(originalRecord(again).headers['hs-replays']).toBe('2');
  });

  it('names nobody where the headers are not to be trusted', () => {
    const headers = { 'hs-cluster': 'eu', 'hs-node': '../../etc', 'hs-slot': '-1' };
    const { node, slot, process } = readDeadLetter(stored(write({ headers })));
    expect([node, slot, process]).toEqual([undefined, undefined, undefined]);
  });

  it('says why in one line of at most 500 characters, with the cause', () => {
    const cause = new Error(`broken\n\u001b[31m${'x'.repeat(1_000)}`);
    const { error } = readDeadLetter(stored(write({}, new Error('cannot be unfolded', { cause }))));
    expect(error).toMatch(/^cannot be unfolded: broken \[31mx+$/);
    expect(error).toHaveLength(500);
  });

  it('leaves out a value that would take it above 1 MB, and says so; it cannot be put back', () => {
    const letter = write({ value: Buffer.alloc(1_000_000) });
    expect(letter.cut).toEqual(['value']);
    expect(letter.record.value).toHaveLength(0);
    expect(readDeadLetter(stored(letter))).toMatchObject({ bytes: 1_000_000, cut: ['value'] });
    expect(() => originalRecord(stored(letter))).toThrow(RecordFormatError);
  });

  it('leaves out headers and a key that are too large, each whole', () => {
    const headers = { 'hs-v': '1', 'hs-man': 'm'.repeat(130 * 1024), 'hs-part': '0/1' };
    const letter = write({ headers, key: 'k'.repeat(2_000) });
    expect(letter.cut).toEqual(['key', 'headers']);
    expect(letter.record.key).toBe('');
    expect(letter.record.headers).toMatchObject({ 'hs-v': '1', 'hs-part': '0/1' });
    expect(letter.record.headers).not.toHaveProperty('hs-man');
    expect(letter.record.value).toBe(original.value);
  });

  it('says that the headers are not those of the original where these were let go of', () => {
    const letter = deadLetterRecord(
      { entry: original, headersLost: true, reason: 'text', error: new Error('') },
      'hs-node',
    );
    expect(letter.cut).toEqual(['headers']);
    expect(() => originalRecord(stored(letter))).toThrow('its headers had no room in its letter');
  });

  it('takes at most 64 headers of the original', () => {
    const headers = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`h${i}`, 'x']));
    const letter = write({ headers });
    expect(
      Object.keys(letter.record.headers).filter((name) => name.startsWith('h') && !name.startsWith('hs-')),
    ).toHaveLength(64);
    expect(letter.cut).toEqual(['headers']);
  });

  it('does not believe a record that comes with headers of ours', () => {
    const headers = { 'hs-dlq-topic': 'somewhere.else', 'hs-dlq-replayed': '0/1' };
    const letter = stored(write({ headers }));
    expect(readDeadLetter(letter).topic).toBe('hs.raw.v1');
    expect(markedLetter(letter)).toBeUndefined();
  });

  it('is refused where it is none', () => {
    expect(() => readDeadLetter({ headers: {} })).toThrow(RecordFormatError);
  });

  it('has its mark once it was put back', () => {
    expect(markedLetter(replayMark(stored(write())))).toBe('0/7');
  });
});
