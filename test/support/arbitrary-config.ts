import fc from 'fast-check';
import { settingsTable, type Setting, type SettingType } from '@haproxystats/runtime';

type Text = fc.Arbitrary<string>;

const host = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const port = fc.integer({ min: 1, max: 65535 });
const word = fc.stringMatching(/^[A-Za-z0-9_:-]{1,12}$/);
/** Anything that one line can hold and no stripping takes away. */
const line = fc
  .string({
    maxLength: 20,
    unit: fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('$', '%', '{', '}', '[', ']', '#', ';', '=', ':', ' ', '\t'),
    ),
  })
  .map((text) => `x${text.replace(/[\r\n\ufffd]|[\ud800-\udfff]/g, '')}y`);
const address = fc.tuple(host, port).map(([name, number]) => `${name}:${number}`);
const addresses = fc.array(address, { minLength: 1, maxLength: 3 }).map((all) => all.join(', '));

/** Where any line would not do. */
const special: Readonly<Record<string, Text>> = {
  'graphite:namespace': fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
  'graphite:group-namespace': word,
  'graphite:failover': addresses,
  'kafka:brokers': addresses,
  // Shown hidden, so that nothing else is the same when it is read again.
  'kafka:sasl-password': fc.constant('***'),
  'registry:password': fc.constant('***'),
  'registry:url': address.map((text) => `http://${text}`),
  'redis:url': address.map((text) => `redis://${text}/0`),
};

const byType: Readonly<Record<SettingType, (row: Setting) => Text>> = {
  string: ({ check }) => (check ? fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/) : line),
  integer: ({ min = -1e9, max = 1e15 }) => fc.integer({ min, max: Math.min(max, 2 ** 31 - 1) }).map(String),
  port: ({ min = 1 }) => fc.integer({ min, max: 65535 }).map(String),
  float: ({ min = 0, max = 1e6 }) => fc.double({ min, max, noNaN: true }).map(String),
  seconds: ({ min = 0, max = 1e6 }) => fc.double({ min, max, noNaN: true }).map(String),
  boolean: () => fc.constantFrom('yes', 'no', 'On', 'OFF', '1', '0', 'True', 'false'),
  choice: ({ choices = [], synonyms = {} }) => fc.constantFrom(...choices, ...Object.keys(synonyms)),
  list: ({ choices, separator = ' , ' }) =>
    choices
      ? fc.subarray([...choices], { minLength: 1 }).map((words) => words.join(separator))
      : fc.array(host, { minLength: 1, maxLength: 5 }).map((names) => names.join(separator)),
  servers: () =>
    fc
      .array(address, { maxLength: 3 })
      .map((all) =>
        [...all.map((text) => `tcp://${text}`), 'tcp://[::1]:5', 'unix:///run/a b'].join(',\n  '),
      ),
};

/** Any options of the table with valid values, as `section:key` -> text. */
const options = fc.record(
  Object.fromEntries(
    settingsTable.map((row) => {
      const name = `${row.section}:${row.key}`;
      return [name, special[name] ?? byType[row.type](row)];
    }),
  ),
  { requiredKeys: [] },
);

const groups = fc.uniqueArray(
  fc.tuple(
    fc.stringMatching(/^g[A-Z0-9.]{1,6}$/),
    word.map((text) => `^${text}$`),
  ),
  {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 4,
  },
);
const sums = fc.uniqueArray(
  fc.tuple(
    fc.stringMatching(/^s[A-Z0-9_-]{1,6}$/),
    word.map((text) => `^${text}$`),
  ),
  { selector: ([name]) => name.toLowerCase(), maxLength: 4 },
);
const derived = fc.uniqueArray(fc.tuple(fc.stringMatching(/^d[A-Za-z0-9_-]{1,8}$/), line), {
  selector: ([name]) => name.toLowerCase(),
  maxLength: 4,
});

/** The text of a configuration without faults, which may say anything that users may say. */
export const arbitraryConfig: Text = fc
  .record({ options, groups, 'backend-sums': sums, 'backend-derived': derived, derived })
  .map(({ options: written, groups: rows, ...formulas }) => {
    const values = new Map(Object.entries(written).map(([name, text]) => [name, text ?? '']));
    const storeIsOn = [...values.keys()].some((name) => name.startsWith('local-store:'));
    if (storeIsOn || values.get('process:roles')?.includes('local-store')) {
      values.set('local-store:dir', '/srv/store');
    }
    values.delete('graphite:group-namespace');
    if (rows.length > 0) {
      values.set('graphite:group-namespace', 'by');
      values.set('graphite:group-namespace-double-writes', 'yes');
    }
    const named = { 'backend-groups': rows, ...formulas };
    return [...sectionsOf(values), ...Object.entries(named).map(([name, all]) => section(name, all))].join(
      '',
    );
  });

function sectionsOf(values: ReadonlyMap<string, string>): string[] {
  const bySection = Map.groupBy(values, ([name]) => name.split(':')[0]!);
  return [...bySection].map(([name, rows]) =>
    section(
      name,
      rows.map(([key, text]) => [key.slice(name.length + 1), text]),
    ),
  );
}

function section(name: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  return `[${name}]\n${rows.map(([key, text]) => `${key} = ${text.replaceAll('$', '$$$$')}\n`).join('')}`;
}
