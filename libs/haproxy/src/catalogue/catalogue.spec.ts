import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entityKinds, type EntityKind } from '../field';
import { ruleFacts, type Rule } from '../rule';
import { ruleOfTag } from '../tags';
import { fieldNamed, fields, fieldsOf, ruleOf } from './catalogue';
import { classicLists } from './classic';

/** What test/fixtures/fields.json says of a field: facts gathered from HAProxy's sources, manuals and captures. */
interface Fact {
  readonly name: string;
  readonly kind: 'info' | 'stat';
  readonly types: readonly EntityKind[];
  readonly module?: string;
  readonly since: string;
  readonly tag: string;
  readonly tags_seen: Readonly<Record<string, string | Record<string, string>>>;
  readonly across_processes: string;
  readonly across_nodes: string;
}

const facts = JSON.parse(
  readFileSync(join(__dirname, '../../../../test/fixtures/fields.json'), 'utf8'),
) as Fact[];

/** By which rules a word of the facts may be stood for. */
const rulesOfWord: Readonly<Record<string, readonly Rule[]>> = {
  group_key: ['key'],
  sum_counter: ['sum'],
  sum_gauge: ['sum'],
  sum_rate: ['sum'],
  sum: ['sum'],
  sum_limit: ['limit', 'limitOrZero'],
  max_range: ['range'],
  max: ['max'],
  max_duration: ['max'],
  min: ['min'],
  min_age: ['age'],
  min_max: ['minMax'],
  min_max_mean: ['minMaxMean'],
  min_mean: ['throttle'],
  wmean_requests: ['requests'],
  wmean_nbthread: ['threads'],
  recompute: ['recompute'],
  worst_status: ['status', 'worst'],
  from_worst: ['worst'],
  all_equal: ['same', 'text'],
  all_equal_or_set: ['same', 'text'],
  histogram: ['text'],
  last: ['max'],
  bit_or: ['bits'],
  do_not_use: ['drop'],
  drop: ['drop'],
};

interface Deviation {
  readonly names: readonly string[];
  readonly kinds?: readonly EntityKind[];
  readonly word: string;
  readonly rule: Rule;
  readonly why: string;
}

/** Where the catalogue knowingly differs from the facts' word. */
const deviations: readonly Deviation[] = [
  {
    names: ['Ulimit-n', 'Maxsock', 'Maxconn', 'Maxpipes', 'Hard_maxconn'],
    word: 'sum_limit',
    rule: 'sumMin',
    why: 'a capacity that is always there; the first process that is full refuses first',
  },
  {
    names: ['ActivePeers', 'ConnectedPeers'],
    word: 'sum',
    rule: 'sumMin',
    why: 'the smallest shows a process that lost its peers',
  },
  { names: ['Run_queue'], word: 'sum', rule: 'sumMax', why: 'one saturated process is what hurts' },
  {
    names: ['chkfail', 'chkdown'],
    word: 'sum_counter',
    rule: 'sumMax',
    why: 'every process checks: the sum counts an outage once per process, the largest as its worst observer',
  },
  {
    names: ['act', 'bck'],
    kinds: ['server'],
    word: 'min_max',
    rule: 'same',
    why: "a server's role, given by the configuration",
  },
  {
    names: ['pid'],
    kinds: ['frontend', 'backend', 'server', 'listener'],
    word: 'group_key',
    rule: 'drop',
    why: 'processes are told apart by their sockets, and merged',
  },
  {
    names: ['iid', 'sid'],
    word: 'all_equal',
    rule: 'drop',
    why: 'entities are joined by name: numbers depend on the order of the configuration',
  },
  { names: ['Process_num', 'Pid'], word: 'group_key', rule: 'label', why: 'a column of the process table' },
  { names: ['Nbproc'], word: 'all_equal', rule: 'label', why: 'a column of the process table' },
  {
    names: ['srid'],
    word: 'last',
    rule: 'max',
    why: 'a revision only grows',
  },
];

/** Fields whose tag alone would give another rule: the tag's rule, ours, and the fields. */
const outweighed: Readonly<Record<string, string>> = {
  'limit -> limitOrZero':
    'CompressBpsRateLim ConnRateLimit MaxZlibMemUsage Memmax_MB Memmax_bytes SessRateLimit SslRateLimit rate_lim slim',
  'limit -> sumMin': 'Hard_maxconn Maxconn Maxpipes Maxsock Ulimit-n',
  'max -> minMax': 'Uptime_sec',
  'mean -> minMaxMean': 'uweight weight',
  'mean -> requests': 'ctime qtime rtime ttime',
  'mean -> threads': 'Idle_pct',
  'mean -> throttle': 'throttle',
  'range -> limitOrZero': 'MaxSslConns',
  'range -> max': 'ctime_max qtime_max rtime_max ttime_max',
  'same -> limit': 'qlimit',
  'same -> min': 'agent_health check_health',
  'same -> sum': 'NbThreadGroups Nbthread',
  'sum -> max': 'BusyPolling Stopping downtime srid',
  'sum -> minMax': 'act bck',
  'sum -> range': 'MaxSessRate',
  'sum -> sumMax': 'Run_queue chkdown chkfail',
  'sum -> sumMin': 'ActivePeers ConnectedPeers',
};

const kindsOf = (fact: Fact): readonly EntityKind[] => (fact.kind === 'info' ? ['daemon'] : fact.types);
const cases = facts.flatMap((fact) => kindsOf(fact).map((kind) => ({ fact, kind, name: fact.name })));
const sinceOf = ({ since }: Fact) => /\d+\.\d+/.exec(since)?.[0];

/** The tag as documented, and those seen on rows of the kind, without the persistence letter of 3.3. */
function tagsOf(fact: Fact, kind: EntityKind): readonly string[] {
  const seen = Object.values(fact.tags_seen).map((tag) => (typeof tag === 'string' ? tag : tag[kind]));
  return [fact.tag, ...seen.map((tag) => tag?.slice(0, 3) ?? fact.tag)];
}

function allowedRules(word: string, name: string, kind: EntityKind): readonly Rule[] {
  const deviation = deviations.find(
    (row) => row.word === word && row.names.includes(name) && (row.kinds ?? [kind]).includes(kind),
  );
  return deviation ? [deviation.rule] : (rulesOfWord[word] ?? []);
}

describe('the catalogue', () => {
  it('has a row for each of the 314 fields, for exactly its kinds of entity', () => {
    expect(facts).toHaveLength(314);
    const rows = fields.flatMap(({ name, kinds }) => kinds.map((kind) => `${kind} ${name}`));
    expect(rows.toSorted()).toEqual(cases.map(({ name, kind }) => `${kind} ${name}`).toSorted());
  });

  it('knows the tag, the first release and the module of each', () => {
    const wrong = cases.filter(({ fact, kind, name }) => {
      const field = fieldNamed(kind, name)!;
      return (
        !tagsOf(fact, kind).includes(field.tag) ||
        field.since !== sinceOf(fact) ||
        field.module !== fact.module
      );
    });
    expect(wrong).toEqual([]);
  });

  it('combines each over processes and over nodes as it should', () => {
    const wrong = cases.filter(({ fact, kind, name }) => {
      const { processes, nodes } = fieldNamed(kind, name)!.exact;
      return (
        !allowedRules(fact.across_processes, name, kind).includes(processes) ||
        !allowedRules(fact.across_nodes, name, kind).includes(nodes)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('differs from the facts only where a field needs it', () => {
    const needed = (row: Deviation) =>
      cases.some(
        ({ fact, kind, name }) =>
          row.names.includes(name) &&
          (row.kinds ?? [kind]).includes(kind) &&
          [fact.across_processes, fact.across_nodes].includes(row.word),
      );
    expect(deviations.filter((row) => !needed(row))).toEqual([]);
  });

  it('goes by its own rule where the tag would mislead', () => {
    const misled = fields.filter(({ tag, exact }) => {
      const rule = ruleOfTag(tag);
      return rule !== undefined && rule !== exact.processes && ruleFacts[exact.processes].metrics.length > 0;
    });
    const names = Object.entries(
      Object.groupBy(misled, ({ tag, exact }) => `${ruleOfTag(tag)} -> ${exact.processes}`),
    ).map(([change, rows]) => [change, [...new Set(rows.map(({ name }) => name))].toSorted().join(' ')]);
    expect(Object.fromEntries(names)).toEqual(outweighed);
  });

  it('gives a unit to what is no plain count', () => {
    const unitOf = (kind: EntityKind, name: string) => fieldNamed(kind, name)?.unit;
    expect(unitOf('backend', 'ttime')).toBe('milliseconds');
    expect(unitOf('daemon', 'CompressBpsIn')).toBe('bytes per second');
    const named = fields.filter(({ name }) => /(_sec|_ms|_pct|_bytes|_MB)$/.test(name));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter(({ unit }) => unit === undefined)).toEqual([]);
  });

  it('finds a field by the name of any release, and none by a name of objects', () => {
    expect(fieldNamed('daemon', 'TotalSplicdedBytesOut')?.name).toBe('TotalSplicedBytesOut');
    expect(fieldNamed('frontend', 'qcur')).toBeUndefined();
    expect(fieldNamed('frontend', 'constructor')).toBeUndefined();
  });

  it('answers the row of the kind where kinds differ', () => {
    const exact = (kind: EntityKind, name: string) => ruleOf(fieldNamed(kind, name)!, kind, 'exact');
    expect([exact('backend', 'act'), exact('server', 'act')]).toEqual(['minMax', 'same']);
    expect([exact('frontend', 'slim'), exact('listener', 'slim')]).toEqual(['limit', 'limitOrZero']);
  });
});

describe('the classic lists', () => {
  const namesOf = (kind: EntityKind, rule: Rule) =>
    classicLists.filter((list) => list.kind === kind && list.rule === rule).flatMap(({ names }) => names);

  it('have as many metrics as the original sends', () => {
    const sums = (kind: EntityKind) => namesOf(kind, 'classicSum').length;
    expect((['daemon', 'frontend', 'backend', 'server'] as const).map(sums)).toEqual([37, 31, 33, 26]);
    expect(namesOf('backend', 'classicMean')).toEqual(['act', 'bck', 'weight']);
    expect(namesOf('server', 'classicMean')).toEqual(['throttle', 'weight']);
    expect(namesOf('daemon', 'classicMean')).toEqual(['Idle_pct', 'Uptime_sec']);
    for (const kind of ['backend', 'server'] as const) {
      expect(namesOf(kind, 'classicTime').toSorted()).toEqual(['ctime', 'qtime', 'rtime', 'ttime']);
    }
  });

  it('name fields of the catalogue, each once and with a rule of its own', () => {
    for (const { kind, rule, names } of classicLists) {
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(ruleOf(fieldNamed(kind, name)!, kind, 'classic')).toBe(rule);
    }
  });

  it('are all that classic collects', () => {
    const collected = entityKinds.map(
      (kind) => fieldsOf(kind).filter((f) => ruleOf(f, kind, 'classic')).length,
    );
    const listed = entityKinds.map((kind) =>
      classicLists.filter((list) => list.kind === kind).reduce((sum, { names }) => sum + names.length, 0),
    );
    expect(collected).toEqual(listed);
  });
});

describe('the rules', () => {
  it('finish only parts that they keep', () => {
    const needs: Readonly<Record<string, readonly string[]>> = {
      mean: ['sum'],
      limit: ['sum', 'unlimited'],
      same: ['min', 'max'],
      perSecond: ['sum'],
      exactMax: ['max', 'inexact'],
      exactSum: ['sum', 'inexact'],
    };
    for (const { steps, metrics } of Object.values(ruleFacts)) {
      for (const [, form] of metrics)
        expect(Object.keys(steps)).toEqual(expect.arrayContaining([...(needs[form] ?? [form])]));
    }
  });
});
