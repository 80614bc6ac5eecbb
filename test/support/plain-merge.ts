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

interface PlainNode {
  readonly processes: readonly PlainProcess[];
  readonly semantics: Semantics;
}

type Cells = Readonly<Record<string, string>>;

interface PlainRow {
  readonly process: PlainProcess;
  readonly row: Cells;
}

interface PlainField {
  readonly name: string;
  readonly rule: Rule;
}

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
  for (const kind of rowKinds) mergeKind(cells, kind, { processes, semantics });
  mergeInfo(cells, { processes, semantics });
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

function fieldsFor(kind: EntityKind, semantics: Semantics): PlainField[] {
  return fieldsOf(kind).flatMap((field) => {
    const rule = ruleOf(field, kind, semantics);
    return rule ? { name: field.name, rule } : [];
  });
}

function mergeKind(cells: PlainCells, kind: EntityKind, { processes, semantics }: PlainNode): void {
  const fields = fieldsFor(kind, semantics);
  if (fields.length === 0) return;
  const all = processes.flatMap((process) =>
    process.rows.filter((row) => row['type'] === codeOf(kind)).map((row) => ({ process, row })),
  );
  const printed = new Set(processes.flatMap(({ columns }) => columns));
  for (const [name, members] of Map.groupBy(all, ({ row }) => nameOf(kind, row, semantics))) {
    const entity = `${kind} ${name}`;
    for (const field of fields.filter((each) => printed.has(each.name))) {
      const given = members.filter(
        ({ process }) =>
          (semantics === 'classic' || process.columns.includes(field.name)) && hasSay(process, field.rule),
      );
      addParts(cells, entity, { field, members: given.map((each) => memberOf(field, each)) });
    }
    const rows = members.filter(({ process }) => hasSay(process, 'text')).map(({ row }) => row);
    addTexts(cells, entity, { kind, fields, rows });
    if (kind === 'backend') addServerCount(cells, name, { processes, semantics });
  }
}

/** Old workers have none in how things stand. */
function hasSay({ info }: PlainProcess, rule: Rule): boolean {
  return !(Number(info['Stopping']) > 0) || ruleFacts[rule].standing !== true;
}

function codeOf(kind: EntityKind): string {
  return String(entityKinds.indexOf(kind));
}

function nameOf(kind: EntityKind, row: Cells, semantics: Semantics): string {
  const server = kind === 'server' || kind === 'listener' ? row['svname']! : '';
  const name = `${row['pxname']!}/${server}`;
  return semantics === 'classic' ? name.replaceAll('.', '_') : name;
}

function addServerCount(cells: PlainCells, backend: string, { processes, semantics }: PlainNode): void {
  const servers = processes.flatMap(({ rows }) => rows.filter((row) => row['type'] === codeOf('server')));
  const names = new Set(servers.map((row) => nameOf('server', row, semantics)));
  const own = [...names].filter((name) => name.startsWith(backend));
  if (own.length > 0 || semantics === 'exact') cells[`backend ${backend} TotalServers max`] = own.length;
}

function memberOf({ name, rule }: PlainField, { process, row }: PlainRow): Member {
  const value = numberIn(row, name);
  if (ruleFacts[rule].weight === 'traffic') {
    const balanced = (numberIn(row, 'lbtot') ?? 0) > 0 ? 1 : 0;
    return { value, weight: balanced, factor: balanced };
  }
  const requests = Math.max(0, requestsOf(row) ?? 0);
  const release = releaseOf(process.info['Version'] ?? '');
  const undercounts = release !== undefined && isBefore(release, [2, 2]) && requests > 0;
  return { value, weight: requests, factor: undercounts ? Math.max(requests, 512) : requests };
}

function numberIn(row: Cells, name: string): number | undefined {
  const cell = row[name] ?? '';
  return /^-?\d+$/.test(cell) ? Number(cell) : undefined;
}

function requestsOf(row: Cells): number | undefined {
  const requests = numberIn(row, 'req_tot') ?? sum(responses.flatMap((name) => numberIn(row, name) ?? []));
  const isHttp = row['mode'] ? row['mode'] === 'http' : requests !== undefined;
  return isHttp ? requests : (numberIn(row, 'lbtot') ?? numberIn(row, 'stot'));
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
  { field, members }: { field: PlainField; members: readonly Member[] },
): void {
  for (const [part, step] of Object.entries(ruleFacts[field.rule].steps) as [Part, Step][]) {
    const value = steps[step](members);
    if (value !== undefined) cells[`${name} ${field.name} ${part}`] = value;
  }
}

interface PlainMembers {
  readonly kind: EntityKind;
  readonly rows: readonly Cells[];
}

function addTexts(
  cells: PlainCells,
  entity: string,
  { kind, fields, rows }: PlainMembers & { readonly fields: readonly PlainField[] },
): void {
  for (const { name, rule } of fields) {
    if (rule === 'text') addText(cells, `${entity} ${name}`, agreed(rows.map((row) => row[name] ?? '')));
    if (rule === 'status') addStatus(cells, entity, { kind, rows });
  }
  if (fields.some(({ rule }) => rule === 'worst')) addChecks(cells, entity, rows);
}

function addText(cells: PlainCells, key: string, text: string | undefined): void {
  if (text) cells[key] = text;
}

function agreed(texts: readonly string[]): string | undefined {
  const given = new Set(texts.filter((text) => text !== ''));
  return given.size === 1 ? [...given][0] : undefined;
}

function addStatus(cells: PlainCells, entity: string, { kind, rows }: PlainMembers): void {
  const texts = rows.map((row) => row['status'] ?? '').filter((text) => text !== '');
  if (texts.length === 0) return;
  const states = texts.map(stateOf);
  cells[`${entity} status`] = worstOf(texts, (text) => stateOf(text).severity);
  cells[`${entity} up sum`] = states.filter(({ up }) => up === 1).length;
  cells[`${entity} up count`] = states.length;
  for (const state of usualStates(kind)) cells[`${entity} status_${state} sum`] = 0;
  for (const { name } of states)
    cells[`${entity} status_${name} sum`] = states.filter((each) => each.name === name).length;
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

function mergeInfo(cells: PlainCells, { processes, semantics }: PlainNode): void {
  addInfo(cells, 'daemon /', { processes, semantics });
  for (const process of processes)
    addInfo(cells, `process ${process.process}/`, { processes: [process], semantics });
}

function addInfo(cells: PlainCells, entity: string, { processes, semantics }: PlainNode): void {
  for (const field of fieldsFor('daemon', semantics)) {
    const printed = processes.flatMap(({ info }) => {
      const cell = Object.entries(info).find(
        ([line]) => fieldNamed('daemon', line)?.name === field.name,
      )?.[1];
      return cell === undefined ? [] : { cell, threads: Number(info['Nbthread'] ?? 1) };
    });
    if (field.rule === 'text')
      addText(cells, `${entity} ${field.name}`, agreed(printed.map(({ cell }) => cell)));
    const members = printed.flatMap(({ cell, threads }) => {
      const value = numberIn({ cell }, 'cell');
      return value === undefined ? [] : { value, weight: threads, factor: threads };
    });
    addParts(cells, entity, { field, members });
  }
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
