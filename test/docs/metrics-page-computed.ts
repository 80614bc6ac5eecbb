import { allStates, stateNames } from '@haproxystats/haproxy';
import type { RecordCoverage } from '@haproxystats/messaging';
import {
  computedFields,
  derivedMetrics,
  distributionMetrics,
  driftSettings,
  type DerivedMetric,
} from '@haproxystats/metrics';
import { coverageMetrics } from '../../libs/sinks/src/graphite/coverage-metrics';
import { tableGroups, wholeTimes } from '../../libs/sinks/src/graphite/own-metrics';
import { code, renderTable } from './markdown';

export function renderComputed(): string {
  const single = computedFields.filter(({ name }) => !name.startsWith('status_'));
  return renderTable(
    ['metric', 'of', 'rule', 'meaning'],
    [
      ...single.map(({ name, kinds, rule, doc }) => [code(name), kinds.join(', '), code(rule), doc]),
      [
        '`status_<STATE>`',
        'as below',
        '`sum`',
        'How many members are in the state: processes; in `server.SERVER` processes times backends.',
      ],
    ],
  );
}

export function renderStates(): string {
  const rows = stateNames.map((name) => {
    const some = allStates.filter((state) => state.name === name);
    const kinds = new Set(some.flatMap((state) => state.kinds));
    const usual = new Set(some.flatMap((state) => state.usual));
    return [
      code(`status_${name}`),
      [...kinds].join(', '),
      some[0]!.up === 1 ? 'yes' : 'no',
      usual.size === 0 ? '–' : [...usual].join(', '),
    ];
  });
  return renderTable(['metric', 'of', 'takes traffic (`up`)', 'also sent when nobody is in it'], rows);
}

export function renderDerived(): string {
  return renderTable(
    ['metric', 'of', 'formula', 'sent', 'meaning'],
    derivedMetrics
      .filter(({ semantics }) => semantics === 'exact')
      .map(({ name, tables, formula, option, doc }) => [
        code(name),
        tables.join(', '),
        code(formula),
        option === undefined ? 'yes' : `with \`${option}\``,
        doc,
      ]),
  );
}

export function renderClassicDerived(): string {
  return renderTable(
    ['metric', 'of', 'formula', 'meaning'],
    derivedMetrics
      .filter(({ semantics }) => semantics === 'classic')
      .map(({ name, tables, formula, doc }: DerivedMetric) => [
        code(name),
        tables.join(', '),
        code(formula),
        doc,
      ]),
  );
}

export function renderDistribution(): string {
  return renderTable(
    ['metric', 'meaning'],
    distributionMetrics.map(({ name, doc }) => [code(name), doc]),
  );
}

/** What the nodes of a cluster are compared by. */
export function renderDrift(): string {
  const rows = Object.entries(driftSettings).map(([kind, { weights, limits }]) => [
    kind,
    weights
      .map(({ field, unless }) => code(field) + (unless ? ` (not with ${code(unless)})` : ''))
      .join(', else ') || 'none',
    limits.map(code).join(', '),
  ]);
  return renderTable(['of', 'weight', 'limits'], rows);
}

const coverageMeanings: Readonly<Record<keyof RecordCoverage, string>> = {
  covered: 'how many processes the numbers of this slot stand for',
  expected:
    'how many there are: of a node, as far as the puller knows, all that it asked; of a cluster those of its expected nodes',
  nodes_seen: 'how many nodes have at least one process in the numbers; 1 for a node',
  nodes_expected:
    'how many nodes the cluster has: those heard of in the last 3.5 intervals, and those of `[cluster] inventory`; 1 for a node',
  complete: '1 when all processes and all nodes that are expected are there, else 0',
  late: '1 when something of the slot was sent before, as far as is known, and this is more, or when it was put back from the dead letters; else 0, also when what is sent first is not complete',
};

export function renderCoverage(): string {
  return renderTable(
    ['metric', 'meaning'],
    coverageMetrics({ coverage: { covered: 1, expected: 1 } }).map(([name]) => [
      code(name),
      coverageMeanings[name as keyof RecordCoverage],
    ]),
  );
}

export function renderOwnMetrics(): string {
  const rows = tableGroups.flatMap(({ count, time, kinds, half }) => [
    [code(count), `lines of ${kinds.join(', ')}, and this one`],
    [code(time), `${half === 'info' ? 'reading, ' : ''}merging and finishing them, and making their lines`],
  ]);
  return renderTable(
    ['metric', 'meaning'],
    [
      ...rows,
      [code(wholeTimes.stat), 'reading `show stat`, and the three before'],
      [code(wholeTimes.all), 'all of that'],
    ],
  );
}
