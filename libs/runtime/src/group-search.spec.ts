import type { Group } from './settings';
import { RecordedLog } from '../../../test/support/recorded-log';
import { GroupSearch } from './group-search';

const group = (name: string, expression: RegExp): Group => ({ name, pattern: expression.source, expression });

const hostile = (i: number): string => `${'a'.repeat(60)}${i}-`;

function searchIn(...groups: Group[]): { search: GroupSearch; log: RecordedLog } {
  const log = new RecordedLog();
  return { search: new GroupSearch('backend-groups', groups, log.logger), log };
}

describe('GroupSearch', () => {
  it('finds the first group that matches, of any number of names', () => {
    const { search, log } = searchIn(group('even', /[02468]$/), group('thousands', /\d{4}/));
    const names = Array.from({ length: 1001 }, (_, i) => `name${i}`);
    const found = search.firstOf(names).map((each) => each?.name);
    expect(found).toEqual([...names.slice(0, -1).map((_, i) => (i % 2 ? undefined : 'even')), 'even']);
    expect(search.firstOf(['x9', '1001'])[1]?.name).toBe('thousands');
    expect(search.firstOf([])).toEqual([]);
    expect(log.texts('warn')).toEqual([]);
  });

  it('does not wait for a pattern that would not end, and says so', () => {
    const { search, log } = searchIn(group('slow', /^(\w+_?)+$/), group('rest', /a/));
    const begun = performance.now();
    expect(search.firstOf(['ab', hostile(1), 'b-a', '-']).map((each) => each?.name)).toEqual([
      'slow',
      'rest',
      'rest',
      undefined,
    ]);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(log.texts('warn')).toEqual([
      `group 'slow' in section 'backend-groups': pattern '^(\\w+_?)+$' does not come to an end within 200 ms for '${hostile(1)}': the name is not in the group. Write the pattern without a repetition inside a repetition`,
    ]);
  });

  it('gives a pattern up after ten such names', () => {
    const { search, log } = searchIn(group('slow', /^(\w+_?)+$/), group('rest', /9-$/));
    const names = Array.from({ length: 300 }, (_, i) => hostile(i));
    const found = search.firstOf(names).flatMap((each) => each?.name ?? []);
    expect(found).toEqual(names.filter((name) => name.endsWith('9-')).map(() => 'rest'));
    expect(log.texts('warn')).toHaveLength(10);
    expect(log.texts('warn')[9]).toMatch(
      /: that is the 10th such name, and no other name joins the group until the/,
    );
    expect(search.firstOf(['ab'])).toEqual([undefined]);
  });
});
