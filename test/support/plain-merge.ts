import {
  checkSeverity,
  entityKinds,
  fieldNamed,
  fieldsOf,
  isBefore,
  releaseOf,
  ruleFacts,
  ruleOf,
  stateOf,
  usualStates,
  type EntityKind,
  type Part,
  type Rule,
  type Semantics,
  type Step,
} from '@haproxystats/haproxy';
import { isPresent, type Table } from '@haproxystats/metrics';

/** A process as the tests make it up. */
export interface PlainProcess {
  readonly process: string;
  readonly info: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** Cells of a merged node by `kind name field part`, texts by `kind name field`. */
export type PlainCells = Record<string, number | string>;

interface Member {
  readonly value: number | undefined;
  readonly weight: number;
  /** What the value is multiplied with where it is weighed. */
  readonly factor: number;
}

const rowKinds: readonly EntityKind[] = ['frontend', 'backend', 'server', 'listener'];
const responses = ['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other'];
const checks: Readonly<Record<string, readonly string[]>> = {
  check_status: ['check_code', 'check_desc', 'last_chk'],
  agent_status: ['agent_code', 'agent_desc', 'last_agt'],
};

/** Merging as the rules say it, slow and plain: with objects, maps and lists of members. */
export function plainMerge(processes: readonly PlainProcess[], semantics: Semantics): PlainCells {
  const cells: PlainCells = {};
  for (const kind of rowKinds) mergeKind(cells, kind, processes, semantics);
  mergeInfo(cells, processes, semantics);
  return cells;
}

/** The cells of merged tables, in the same form. */
export function cellsOfTables(tables: readonly Table[]): PlainCells {
  const cells: PlainCells = {};
  for (const { kind, proxies, servers, columns, texts } of tables) {
    proxies.forEach((proxy, row) => {
      const name = `${kind} ${proxy}/${servers[row]!}`;
      for (const column of columns) {
        if (isPresent(column, row)) cells[`${name} ${column.field} ${column.part}`] = column.values[row]!;
      }
      for (const { field, words, codes } of texts) {
        const word = words[codes[row]! - 1];
        if (word !== undefined) cells[`${name} ${field}`] = word;
      }
    });
  }
  return cells;
}

/** Text as a process would print it. */
export function textOf({ process, info, columns, rows }: PlainProcess) {
  const lines = rows.map((row) => columns.map((column) => row[column] ?? '').join());
  const stat = [`# ${columns.join()}`, ...lines, ''].join('\n');
  const infoText = Object.entries(info).map(([name, value]) => `${name}: ${value}\n`);
  return { process, info: Buffer.from(infoText.join('')), stats: [Buffer.from(stat, 'latin1')] };
}

function mergeKind(
  cells: PlainCells,
  kind: EntityKind,
  processes: readonly PlainProcess[],
  semantics: Semantics,
): void {
  const fields = fieldsOf(kind).flatMap((field) => {
    const rule = ruleOf(field, kind, semantics);
    return rule ? [{ name: field.name, rule }] : [];
  });
  if (fields.length === 0) return;
  const code = String(entityKinds.indexOf(kind));
  const all = processes.flatMap((process) =>
    process.rows.filter((row) => row['type'] === code).map((row) => ({ process, row })),
  );
  const groups = Map.groupBy(all, ({ row }) => nameOf(kind, row, semantics));
  for (const [name, members] of groups) {
    for (const { name: field, rule } of fields) {
      const printed = processes.some(
        (process) => all.some((each) => each.process === process) && process.columns.includes(field),
      );
      if (!printed) continue;
      const given = members
        .filter(({ process }) => semantics === 'classic' || process.columns.includes(field))
        .map(({ process, row }) =>
          memberOf(row[field] ?? '', weightOf(ruleFacts[rule].weight, row, process)),
        );
      addParts(cells, `${kind} ${name}`, { field, rule, members: given });
    }
    const rows = members.map(({ row }) => row);
    const ofRule = (wanted: Rule) => fields.filter(({ rule }) => rule === wanted).map((field) => field.name);
    for (const field of ofRule('text'))
      addText(cells, `${kind} ${name} ${field}`, agreed(rows.map((row) => row[field] ?? '')));
    if (ofRule('status').length > 0) addStatus(cells, kind, name, rows);
    if (ofRule('worst').length > 0) addChecks(cells, `${kind} ${name}`, rows);
  }
  if (kind !== 'backend') return;
  const servers = new Map<string, Set<string>>();
  for (const { rows } of processes) {
    for (const row of rows) {
      if (row['type'] !== '2') continue;
      const [proxy = '', server = ''] = nameOf('server', row, semantics).split('/');
      servers.set(proxy, (servers.get(proxy) ?? new Set()).add(server));
    }
  }
  for (const name of groups.keys()) {
    const count = servers.get(name.slice(0, -1))?.size;
    if (count !== undefined) cells[`backend ${name} TotalServers max`] = count;
  }
}

function nameOf(kind: EntityKind, row: Readonly<Record<string, string>>, semantics: Semantics): string {
  const server = kind === 'server' || kind === 'listener' ? row['svname']! : '';
  const name = `${row['pxname']!}/${server}`;
  return semantics === 'classic' ? name.replaceAll('.', '_') : name;
}

function memberOf(cell: string, { weight, factor }: Pick<Member, 'weight' | 'factor'>): Member {
  return { value: /^-?\d+$/.test(cell) ? Number(cell) : undefined, weight, factor };
}

function weightOf(
  weight: string | undefined,
  row: Readonly<Record<string, string>>,
  { info }: PlainProcess,
): Pick<Member, 'weight' | 'factor'> {
  const number = (name: string) => (/^-?\d+$/.test(row[name] ?? '') ? Number(row[name]) : undefined);
  if (weight === 'traffic') {
    const balanced = (number('lbtot') ?? 0) > 0 ? 1 : 0;
    return { weight: balanced, factor: balanced };
  }
  const given = responses.map(number).filter((count) => count !== undefined);
  const requests = number('req_tot') ?? (given.length > 0 ? given.reduce((a, b) => a + b) : undefined);
  const http = row['mode'] ? row['mode'] === 'http' : requests !== undefined;
  const own = Math.max(0, (http ? requests : (number('lbtot') ?? number('stot'))) ?? 0);
  const release = releaseOf(info['Version'] ?? '');
  const undercounts = release !== undefined && isBefore(release, [2, 2]);
  return { weight: own, factor: undercounts && own > 0 ? Math.max(own, 512) : own };
}

/** What a step makes of the members; undefined where it has nothing to say. */
const steps: Readonly<Record<Step, (members: readonly Member[]) => number | undefined>> = {
  add: (members) => sum(values(members)),
  addOrZero: (members) => sum(members.map(({ value }) => value ?? 0)),
  addOrHundred: (members) => sum(members.map(({ value }) => value ?? 100)),
  addWeighted: (members) =>
    sum(members.flatMap(({ value, factor }) => (value === undefined || factor === 0 ? [] : value * factor))),
  addWeightedOrZero: (members) =>
    sum(members.flatMap(({ value, factor }) => (factor === 0 ? [] : (value ?? 0) * factor))),
  addWeight: (members) =>
    sum(members.flatMap(({ value, weight }) => (value === undefined || weight === 0 ? [] : weight))),
  addRowWeight: (members) => sum(members.flatMap(({ weight }) => (weight === 0 ? [] : weight))),
  countValues: (members) => values(members).length || undefined,
  countRows: (members) => members.length || undefined,
  countBlanks: (members) => (members.length === 0 ? undefined : members.length - values(members).length),
  countZeros: (members) =>
    members.length === 0 ? undefined : members.filter(({ value }) => (value ?? 0) === 0).length,
  largest: (members) => best(values(members), Math.max),
  smallest: (members) => best(values(members), Math.min),
  youngest: (members) =>
    best(
      values(members).filter((value) => value >= 0),
      Math.min,
    ),
  or: (members) => best(values(members), (a, b) => Number(BigInt(a) | BigInt(b))),
};

function addParts(
  cells: PlainCells,
  name: string,
  { field, rule, members }: { field: string; rule: Rule; members: readonly Member[] },
): void {
  for (const [part, step] of Object.entries(ruleFacts[rule].steps) as [Part, Step][]) {
    const value = steps[step](members);
    if (value !== undefined) cells[`${name} ${field} ${part}`] = value;
  }
}

function addText(cells: PlainCells, key: string, text: string | undefined): void {
  if (text) cells[key] = text;
}

function agreed(texts: readonly string[]): string | undefined {
  const given = new Set(texts.filter((text) => text !== ''));
  return given.size === 1 ? [...given][0] : undefined;
}

function addStatus(cells: PlainCells, kind: EntityKind, name: string, rows: PlainProcess['rows']): void {
  const texts = rows.map((row) => row['status'] ?? '').filter((text) => text !== '');
  if (texts.length === 0) return;
  const states = texts.map(stateOf);
  cells[`${kind} ${name} status`] = worstOf(texts, (text) => stateOf(text).severity);
  cells[`${kind} ${name} up sum`] = states.filter(({ up }) => up === 1).length;
  cells[`${kind} ${name} up count`] = states.length;
  for (const state of usualStates(kind)) cells[`${kind} ${name} status_${state} sum`] = 0;
  for (const { name: state } of states)
    cells[`${kind} ${name} status_${state} sum`] = states.filter((each) => each.name === state).length;
}

function addChecks(cells: PlainCells, name: string, rows: PlainProcess['rows']): void {
  for (const [leader, followers] of Object.entries(checks)) {
    const results = rows.map((row) => row[leader] ?? '').filter((text) => text !== '');
    if (results.length === 0) continue;
    const worst = worstOf(results, checkSeverity);
    cells[`${name} ${leader}`] = worst;
    for (const follower of followers) {
      const texts = rows.filter((row) => row[leader] === worst).map((row) => row[follower] ?? '');
      addText(cells, `${name} ${follower}`, texts.filter((text) => text !== '').sort()[0]);
    }
  }
}

function worstOf(texts: readonly string[], severity: (text: string) => number): string {
  const largest = Math.max(...texts.map(severity));
  return texts.filter((text) => severity(text) === largest).sort()[0]!;
}

function mergeInfo(cells: PlainCells, processes: readonly PlainProcess[], semantics: Semantics): void {
  const add = (name: string, of: readonly PlainProcess[]) => {
    for (const field of fieldsOf('daemon')) {
      const rule = ruleOf(field, 'daemon', semantics);
      if (!rule) continue;
      const printed = of.flatMap(({ info }) => {
        const cell = Object.entries(info).find(([line]) => fieldNamed('daemon', line) === field)?.[1];
        const threads = Number(info['Nbthread'] ?? 1);
        return cell === undefined ? [] : [{ cell, threads }];
      });
      if (rule === 'text') addText(cells, `${name} ${field.name}`, agreed(printed.map(({ cell }) => cell)));
      const members = printed.map(({ cell, threads }) =>
        memberOf(cell, { weight: threads, factor: threads }),
      );
      addParts(cells, name, {
        field: field.name,
        rule,
        members: members.filter(({ value }) => value !== undefined),
      });
    }
  };
  add('daemon /', processes);
  for (const process of processes) add(`process ${process.process}/`, [process]);
}

function values(members: readonly Member[]): number[] {
  return members.flatMap(({ value }) => value ?? []);
}

function sum(numbers: readonly number[]): number | undefined {
  return best(numbers, (a, b) => a + b);
}

function best(numbers: readonly number[], of: (a: number, b: number) => number): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => of(a, b));
}
