import type { LogEntry } from '@haproxystats/messaging';
import { Origins } from './origins';

function entry(offset: number, headers: Record<string, string> = {}, key = 'eu/lb1'): LogEntry {
  const at = { topic: 'raw', partition: 2, offset, next: offset + 1, appendedAt: 5, priming: false };
  return {
    ...at,
    key,
    headers: { 'hs-proc': `p${offset}`, 'hs-man': '{}', ...headers },
    value: Buffer.alloc(1),
  };
}

describe('Origins', () => {
  const known = { 'hs-node': 'lb1' };

  it('know where bytes come from, and tell it once', () => {
    const origins = new Origins();
    const [first, second] = [entry(1), entry(2)];
    for (const each of [first, second]) origins.remember(each);
    const { topic, partition, offset, appendedAt, key, headers, value } = second;
    const place = { topic, partition, offset, appendedAt, key, headers, value };
    expect(origins.take([value, Buffer.alloc(1)], known)).toEqual([{ entry: place, headersLost: false }]);
    expect(origins.take([first.value, second.value], known)).toHaveLength(1);
  });

  it.each([
    ['headers', { x: 'x'.repeat(500) }, ''],
    ['keys', {}, 'k'.repeat(500)],
  ])('let go of the oldest %s beyond their bound, and of no place', (_, headers, key) => {
    const origins = new Origins(1_100);
    const entries = [1, 2, 3].map((offset) => entry(offset, headers, key));
    for (const each of entries) origins.remember(each);
    const taken = origins.take(
      entries.map(({ value }) => value),
      known,
    );
    expect(taken.map((each) => [each.entry.offset, each.headersLost])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ]);
    expect(taken[0]!.entry).toMatchObject({ partition: 2, appendedAt: 5, key: '', headers: known });
  });

  it('count a manifest once that the records of a poll share', () => {
    const origins = new Origins(3_000);
    const entries = [1, 2, 3, 4].map((offset) => entry(offset, { 'hs-man': 'm'.repeat(2_500) }));
    for (const each of entries) origins.remember(each);
    const taken = origins.take(
      entries.map(({ value }) => value),
      known,
    );
    expect(taken.map(({ headersLost }) => headersLost)).toEqual([false, false, false, false]);
  });
});
