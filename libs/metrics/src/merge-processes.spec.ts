import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { finishTable } from './finish';
import { isPresent, type Table } from './frame';
import { ProcessMerger, type ProcessText } from './merge-processes';

const nbproc = join(__dirname, '../../haproxy/testdata/haproxy-1.8.0-nbproc4');

function processText(stat: string, info = 'Tasks: 1\n'): ProcessText {
  return { info: Buffer.from(info), stats: [Buffer.from(stat)] };
}

function merged(...processes: ProcessText[]): Table[] {
  const merger = new ProcessMerger();
  for (const process of processes) merger.add(process);
  return merger.tables();
}

/** The metrics of one row, by name; absent ones are left out. */
function metricsOf(tables: Table[], kind: Table['kind'], name: string): Record<string, number> {
  const table = tables.find((candidate) => candidate.kind === kind);
  const row =
    table?.proxies.findIndex((proxy, i) => [proxy, table.servers[i]].filter(Boolean).join('/') === name) ??
    -1;
  if (!table || row < 0) throw new Error(`no ${kind} ${name}`);
  return Object.fromEntries(
    finishTable(table)
      .filter((metric) => isPresent(metric, row))
      .map((metric) => [metric.name, metric.values[row]!]),
  );
}

describe('ProcessMerger', () => {
  const header = '# pxname,svname,scur,smax,slim,stot,weight,lbtot,type,rtime\n';

  it('adds counters, keeps ranges, means of processes and means of requests', () => {
    const tables = merged(
      processText(
        `${header}web,FRONTEND,1,5,,10,,,0,\nbe,s1,1,2,,7,100,30,2,10\n`,
        'Tasks: 3\nIdle_pct: 90\n',
      ),
      processText(
        `${header}web,FRONTEND,2,3,,20,,,0,\nbe,s1,1,4,,5,50,10,2,50\n`,
        'Tasks: 4\nIdle_pct: 70\n',
      ),
    );
    expect(metricsOf(tables, 'frontend', 'web')).toEqual({ scur: 3, smax: 5, smax_sum: 8, stot: 30 });
    expect(metricsOf(tables, 'server', 'be/s1')).toEqual({
      scur: 2,
      smax: 4,
      smax_sum: 6,
      stot: 12,
      weight: 75,
      lbtot: 40,
      rtime: 20,
    });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 7, Idle_pct: 80 });
  });

  it('leaves blank what every process leaves blank, and a mean that nobody has', () => {
    const tables = merged(processText(`${header}be,s1,1,2,,0,,0,2,0\n`));
    expect(metricsOf(tables, 'server', 'be/s1')).toEqual({
      scur: 1,
      smax: 2,
      smax_sum: 2,
      stot: 0,
      lbtot: 0,
    });
  });

  it('joins entities by kind and name, whatever their order, and keeps those of one process only', () => {
    const tables = merged(
      processText(
        `${header}a,FRONTEND,1,1,,1,,,0,\nb,FRONTEND,1,1,,2,,,0,\na,BACKEND,1,1,,3,1,,1,\na,x,1,1,,4,1,0,2,\n`,
      ),
      processText(`${header}c,FRONTEND,1,1,,9,,,0,\nb,FRONTEND,1,1,,20,,,0,\na,FRONTEND,1,1,,10,,,0,\n`),
    );
    const stot = (kind: Table['kind'], name: string) => metricsOf(tables, kind, name).stot;
    expect([stot('frontend', 'a'), stot('frontend', 'b'), stot('frontend', 'c')]).toEqual([11, 22, 9]);
    expect([stot('backend', 'a'), stot('server', 'a/x')]).toEqual([3, 4]);
  });

  it('takes nothing of a process whose text is not CSV', () => {
    const merger = new ProcessMerger();
    merger.add(processText(`${header}a,FRONTEND,1,1,,1,,,0,\n`));
    const broken = {
      info: Buffer.from('Tasks: 5\n'),
      stats: [Buffer.from(`${header}a,FRONTEND,1,1,,1,,,0,\n`), Buffer.from('<html>\n')],
    };
    expect(() => merger.add(broken)).toThrow('header');
    expect(metricsOf(merger.tables(), 'frontend', 'a').stot).toBe(1);
    expect(metricsOf(merger.tables(), 'daemon', '')).toEqual({ Tasks: 1 });
  });

  it('gives the same for a text cut into pieces', () => {
    const rows = ['a,FRONTEND,1,1,,1,,,0,\n', 'b,FRONTEND,1,1,,2,,,0,\n', 'b,BACKEND,1,1,,2,1,,1,\n'];
    const whole = merged(processText(header + rows.join('')));
    const pieces = merged({
      info: Buffer.from('Tasks: 1\n'),
      stats: rows.map((row) => Buffer.from(header + row)),
    });
    expect(pieces).toEqual(whole);
  });

  it('agrees with sums made by hand on four processes of HAProxy 1.8', () => {
    const texts = [1, 2, 3, 4].map((p) => ({
      info: readFileSync(join(nbproc, `p${p}/info.txt`)),
      stats: [readFileSync(join(nbproc, `p${p}/stat.csv`))],
    }));
    const tables = merged(...texts);
    const rows = texts.flatMap(({ stats: [csv] }) => csv!.toString().trim().split('\n').slice(1));
    const frontends = rows.map((row) => row.split(',')).filter(([, svname]) => svname === 'FRONTEND');
    for (const name of new Set(frontends.map(([pxname]) => pxname!))) {
      const own = frontends.filter(([pxname]) => pxname === name);
      const sum = (column: number) => own.reduce((total, cells) => total + Number(cells[column]), 0);
      const { stot, bin, bout, smax } = metricsOf(tables, 'frontend', name);
      expect([stot, bin, bout]).toEqual([sum(7), sum(8), sum(9)]);
      expect(smax).toBe(Math.max(...own.map((cells) => Number(cells[5]))));
    }
    expect(new Set(frontends.map(([pxname]) => pxname)).size).toBeGreaterThan(1);
  });

  it('does not care for the order of processes or rows', () => {
    const row = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      scur: fc.nat(1e9),
      smax: fc.nat(1e6),
      lbtot: fc.nat(50),
      rtime: fc.nat(500),
    });
    const process = fc.uniqueArray(row, { selector: ({ name }) => name });
    const text = (rows: { name: string; scur: number; smax: number; lbtot: number; rtime: number }[]) =>
      processText(
        header + rows.map((r) => `be,${r.name},${r.scur},${r.smax},,1,1,${r.lbtot},2,${r.rtime}\n`).join(''),
      );
    fc.assert(
      fc.property(fc.array(process, { minLength: 1, maxLength: 5 }), (processes) => {
        const there = merged(...processes.map(text));
        const back = merged(...processes.toReversed().map((rows) => text(rows.toReversed())));
        for (const name of new Set(processes.flat().map((r) => r.name))) {
          expect(metricsOf(back, 'server', `be/${name}`)).toEqual(metricsOf(there, 'server', `be/${name}`));
        }
      }),
    );
  });
});
