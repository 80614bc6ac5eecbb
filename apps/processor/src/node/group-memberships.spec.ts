import type { Group } from '@haproxystats/runtime';
import { RecordedLog } from '../../../../test/support/recorded-log';
import { GroupMemberships } from './group-memberships';

const group = (name: string, expression: RegExp): Group => ({ name, pattern: expression.source, expression });

describe('GroupMemberships', () => {
  it('answers all groups of each name, by their numbers', () => {
    const { logger } = new RecordedLog();
    const groups = new GroupMemberships(
      'backend-sums',
      [group('A', /a/), group('b', /b/), group('c', /c/)],
      logger,
    );
    expect(groups.names).toEqual(['A', 'b', 'c']);
    expect(groups.of(['ab', 'x', 'cba', 'ab'])).toEqual([[0, 1], [], [0, 1, 2], [0, 1]]);
    expect(groups.of([])).toEqual([]);
  });

  it('asks the patterns once for each name', () => {
    let asked = 0;
    const expression = /a/;
    expression.test = (name) => {
      asked++;
      return name === 'a';
    };
    const groups = new GroupMemberships('server-sums', [group('x', expression)], new RecordedLog().logger);
    for (let poll = 0; poll < 3; poll++) expect(groups.of(['a', 'b', 'a'])).toEqual([[0], [], [0]]);
    expect(asked).toBe(2);
    expect(groups.of(['b', 'c'])).toEqual([[], []]);
    expect(asked).toBe(3);
  });

  it('does not wait for a pattern that would not end, and says so once', () => {
    const log = new RecordedLog();
    const groups = new GroupMemberships(
      'server-sums',
      [group('slow', /^(\w+_?)+$/), group('rest', /a/)],
      log.logger,
    );
    const hostile = `${'a'.repeat(60)}-`;
    for (let poll = 0; poll < 3; poll++) expect(groups.of([hostile, 'ab'])).toEqual([[1], [0, 1]]);
    expect(log.texts('warn')).toHaveLength(1);
    expect(log.texts('warn')[0]).toMatch(
      /^group 'slow' in section 'server-sums': pattern .* does not come to an end/,
    );
  });
});
