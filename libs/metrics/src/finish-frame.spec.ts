import { column } from '../../../test/support/frame-column';
import { frameHead, tableOf } from '../../../test/support/frames';
import { finishFrame, type FinishOptions } from './finish-frame';
import type { FinishedTable, Metric } from './finished';
import type { Frame } from './frame';
import { Selection } from './selection';

const frame: Frame = {
  head: frameHead(),
  tables: [
    tableOf('process', ['/a.sock'], [column('CurrConns', 'sum', [90])]),
    tableOf('frontend', ['www', 'api'], [column('scur', 'sum', [1, 2]), column('stot', 'sum', [3, 4])]),
    tableOf('backend', ['www'], [column('scur', 'sum', [5])]),
  ],
};

/** Adds `double`, twice the sessions, to every table that has them. */
const derived: FinishOptions['derived'] = {
  apply: (tables) =>
    tables.map((table) => {
      const sessions = table.metrics.find(({ name }) => name === 'scur');
      return sessions ? { ...table, metrics: [...table.metrics, doubled(sessions)] } : table;
    }),
};

function doubled({ values, present }: Metric): Metric {
  return { name: 'double', field: 'double', values: values.map((value) => 2 * value), present };
}

const defaults: FinishOptions = {
  derived,
  selection: new Selection({}, false),
  excludes: { frontends: new Set(), backends: new Set() },
  processes: false,
};

function textOf({ kind, proxies, metrics }: FinishedTable): string[] {
  return proxies.flatMap((proxy, row) =>
    metrics.map(({ name, values }) => `${kind} ${proxy} ${name} ${values[row]}`),
  );
}

function finished(change: Partial<FinishOptions>): string[] {
  const { head, tables } = finishFrame(frame, { ...defaults, ...change });
  expect(head).toBe(frame.head);
  return tables.flatMap(textOf);
}

describe('finishFrame', () => {
  it('makes metrics of all tables but that of the processes', () => {
    expect(finished({})).toEqual([
      'frontend www scur 1',
      'frontend www stot 3',
      'frontend www double 2',
      'frontend api scur 2',
      'frontend api stot 4',
      'frontend api double 4',
      'backend www scur 5',
      'backend www double 10',
    ]);
  });

  it('shows formulas the processes, whether they are sent or not', () => {
    const kinds: string[] = [];
    const spy: FinishOptions['derived'] = {
      apply: (tables) => {
        kinds.push(...tables.map(({ kind }) => kind));
        return tables;
      },
    };
    expect(finished({ derived: spy, processes: true })[0]).toBe('process /a.sock CurrConns 90');
    finished({ derived: spy });
    expect(kinds.filter((kind) => kind === 'process').length).toBe(2);
  });

  it('selects after formulas have had all they need', () => {
    const selection = new Selection({ frontend: ['stot'], backend: [] }, false);
    expect(finished({ selection })).toEqual([
      'frontend www stot 3',
      'frontend www double 2',
      'frontend api stot 4',
      'frontend api double 4',
      'backend www double 10',
    ]);
  });

  it('leaves out rows of excluded proxies', () => {
    const excludes = { frontends: new Set(['www']), backends: new Set<string>() };
    const selection = new Selection({ frontend: ['stot'], backend: ['scur'] }, false);
    const lines = finished({ excludes, selection, derived: { apply: (tables) => tables } });
    expect(lines).toEqual(['frontend api stot 4', 'backend www scur 5']);
  });
});
