import { parseSince } from './letter-filter';

describe('parseSince', () => {
  const now = Date.parse('2026-02-03T12:00:00Z');
  it.each([
    ['30m', '2026-02-03T11:30:00Z'],
    ['2h', '2026-02-03T10:00:00Z'],
    ['7d', '2026-01-27T12:00:00Z'],
    ['90s', '2026-02-03T11:58:30Z'],
    ['2026-02-03T04:05:06Z', '2026-02-03T04:05:06Z'],
    ['2026-02-03', '2026-02-03T00:00:00Z'],
  ])('reads %s', (text, time) => expect(parseSince(text, now)).toBe(Date.parse(time)));

  it.each(['', 'yesterday', '2', 'h', '-2h', '2 h', '2026-99-99', '1e9d'])('refuses %j', (text) => {
    expect(parseSince(text, now)).toBeUndefined();
  });
});
