import { fields, ruleFacts, type EntityKind, type Field, type Form, type Rule } from '@haproxystats/haproxy';
import { computedFields, metricsOf, sendingOf, type Sending } from '@haproxystats/metrics';
import { pathSegment } from '../../libs/sinks/src/graphite/graphite-names';
import { tagRules } from './metrics-page-natures';
import { code, codes, renderTable } from './markdown';

/** Kinds whose rows no frame has. */
const uncollected: readonly EntityKind[] = ['nameserver'];

const isCollected = ({ kinds }: Field): boolean => kinds.some((kind) => !uncollected.includes(kind));
export const isSent = (field: Field): boolean => isCollected(field) && metricsInExact(field).length > 0;
const isText = ({ exact }: Field): boolean => ['status', 'worst', 'text'].includes(exact.processes);

/** When a field is sent, as the tables say it. */
const sendings: Readonly<Record<Sending, string>> = {
  always: 'yes',
  default: 'yes',
  named: 'when named',
  modules: 'with `module-metrics`, or when named',
};

/** What is sent of one value or several, in one or two words. */
const forms: Readonly<Record<Form, string>> = {
  sum: 'sum',
  max: 'largest',
  min: 'smallest',
  mean: 'mean',
  limit: 'sum',
  same: 'the value',
  bits: 'bits',
  perSecond: 'sum, per second',
  exactMax: 'largest, where exact',
  exactSum: 'sum, where exact',
};

const classicWords: Readonly<Partial<Record<Rule, string>>> = {
  classicSum: 'sum',
  classicMean: 'mean',
  classicTime: 'mean of those with traffic',
};

export function renderRules(): string {
  const used = new Set([
    ...fields.filter(isSent).map(({ exact }) => exact.processes),
    ...computedFields.map(({ rule }) => rule),
    'rate' as const,
    'peak' as const,
    ...tagRules,
  ]);
  const rows = [...used].map((rule) => {
    const { metrics, doc } = ruleFacts[rule];
    const names = metrics.map(([suffix, form]) => `${code(`X${suffix}`)} = ${forms[form]}`);
    return [code(rule), names.join(', '), doc];
  });
  return renderTable(['rule', 'metrics of a field `X`', 'meaning'], rows);
}

export function renderDaemonFields(): string {
  const some = fields.filter((field) => isSent(field) && field.kinds.includes('daemon'));
  return renderTable(
    ['field', ...factColumns],
    some.map((field) => [
      code(field.name),
      ...factCells(field),
      classicWords[field.classic.daemon ?? 'drop'] ?? nothing,
    ]),
  );
}

export function renderStatFields(): string {
  const some = fields.filter(
    (field) => isSent(field) && !field.kinds.includes('daemon') && field.module === undefined,
  );
  return renderTable(
    ['field', 'of', ...factColumns],
    some.map((field) => [code(field.name), field.kinds.join(', '), ...factCells(field), classicKinds(field)]),
  );
}

const factColumns = ['nature', 'unit', 'since', 'rule', 'metrics', 'sent', 'classic'];
const nothing = '–';

/** All of `factColumns` but the last. */
function factCells(field: Field): string[] {
  const { nature, unit = nothing, since, exact, kinds } = field;
  const sending = sendingOf(field, kinds[0]!, 'exact')!;
  return [nature, unit, since, code(exact.processes), codes(metricsInExact(field)), sendings[sending]];
}

function classicKinds({ classic }: Field): string {
  const words = Map.groupBy(Object.entries(classic), ([, rule]) => classicWords[rule]);
  const cells = [...words].flatMap(([word, kinds]) =>
    word === undefined ? [] : [`${word}: ${kinds.map(([kind]) => kind).join(', ')}`],
  );
  return cells.length === 0 ? nothing : cells.join('; ');
}

/** Fields that are combined over nodes in another way than over processes. */
export function renderNodesRules(): string {
  const rows = fields.flatMap(({ name, kinds, exact }) => {
    const { metrics, doc } = ruleFacts[exact.nodes];
    if (exact.nodes === exact.processes || metrics.length === 0) return [];
    const sent = codes(metrics.map(([suffix]) => name + suffix));
    return [[sent, kinds.join(', '), code(exact.processes), code(exact.nodes), doc]];
  });
  return renderTable(['metric', 'of', 'over processes', 'over nodes', 'meaning'], rows);
}

export function renderModuleFields(): string {
  const groups = Map.groupBy(
    fields.filter((field) => isSent(field) && field.module !== undefined),
    ({ module, kinds, nature, since, exact }) =>
      [module, kinds.join(', '), nature, since, code(exact.processes)].join('|'),
  );
  const rows = [...groups].map(([key, some]) => [
    ...key.split('|'),
    codes(some.flatMap((field) => metricsInExact(field))),
  ]);
  return renderTable(
    ['module', 'of', 'nature', 'since', 'rule', 'fields, each a metric of the same name'],
    rows,
  );
}

export function renderTextFields(): string {
  const rows = fields
    .filter((field) => isCollected(field) && isText(field))
    .map(({ name, kinds, since, exact }) => [
      code(name),
      kinds.join(', '),
      since,
      ruleFacts[exact.processes].doc,
    ]);
  return renderTable(['field', 'of', 'since', 'of several processes'], rows);
}

/** Fields that give neither a metric nor a text. */
export function renderOtherFields(): string {
  const others = fields.filter((field) => !isSent(field) && !(isCollected(field) && isText(field)));
  const groups = Map.groupBy(others, (field) =>
    isCollected(field)
      ? ruleFacts[field.exact.processes].doc
      : 'Not collected: HAProxy prints it elsewhere (`show stat domain resolvers`).',
  );
  const rows = [...groups].map(([why, some]) => [codes(new Set(some.map(({ name }) => name))), why]);
  return renderTable(['fields', 'why'], rows);
}

/** Fields that the original sends and exact semantics do not. */
export function renderClassicOnly(): string {
  const some = fields.filter((field) => !isSent(field) && classicKinds(field) !== nothing);
  return some.map((field) => `${code(field.name)} (${classicKinds(field)})`).join(', ');
}

/** As they stand in paths. */
function metricsInExact(field: Field): string[] {
  return metricsOf(field, field.exact.processes).map(pathSegment);
}
