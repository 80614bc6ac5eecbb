import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { merge, merged, metricsOf, processText, rowOf, textsOf } from '../../../test/support/merged-node';
import { differ, type Table } from './frame';
import { ProcessMerger } from './merge-processes';
import type { ProcessText } from './merged-processes';

const nbproc = join(__dirname, '../../haproxy/testdata/haproxy-1.8.0-nbproc4');

/** The captured processes, without their `Version` where that is not wanted. */
function captured({ version }: { version: boolean }): ProcessText[] {
  return [1, 2, 3, 4].map((p) => {
    const info = readFileSync(join(nbproc, `p${p}/info.txt`), 'latin1');
    return {
      process: `p${p}`,
      info: Buffer.from(version ? info : info.replace(/^Version:.*\n/m, '')),
      stats: [readFileSync(join(nbproc, `p${p}/stat.csv`))],
    };
  });
}

describe('ProcessMerger', () => {
  const header = '# pxname,svname,scur,smax,slim,stot,weight,lbtot,type,rtime\n';

  it('adds counters, keeps ranges, limits, means of processes and means of requests', () => {
    const tables = merged(
      processText(
        `${header}web,FRONTEND,1,5,100,10,,,0,\nbe,s1,1,2,50,7,100,30,2,10\n`,
        'Tasks: 3\nIdle_pct: 90\n',
      ),
      processText(
        `${header}web,FRONTEND,2,3,100,20,,,0,\nbe,s1,1,4,,5,50,10,2,50\n`,
        'Tasks: 4\nIdle_pct: 70\n',
      ),
    );
    expect(metricsOf(tables, 'frontend', 'web')).toEqual({
      scur: 3,
      smax: 5,
      smax_sum: 8,
      slim: 200,
      stot: 30,
    });
    expect(metricsOf(tables, 'server', 'be/s1')).toEqual({
      scur: 2,
      smax: 4,
      smax_sum: 6,
      stot: 12,
      weight: 50,
      weight_max: 100,
      weight_mean: 75,
      lbtot: 40,
      rtime: 20,
    });
    expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 7, Idle_pct: 80, Idle_pct_min: 70 });
  });

  it('gives each process a row of its own', () => {
    const tables = merged(
      processText(header, 'Tasks: 3\nMaxconn: 5\n', '/run/1'),
      processText(header, 'Tasks: 4\n', '/run/2'),
    );
    expect(metricsOf(tables, 'process', '/run/1')).toEqual({ Tasks: 3, Maxconn: 5 });
    expect(metricsOf(tables, 'process', '/run/2')).toEqual({ Tasks: 4 });
    expect(tables.map(({ kind }) => kind)).toEqual(['daemon', 'process']);
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
        `${header}a,FRONTEND,1,1,,1,,,0,\nb,FRONTEND,1,1,,2,,,0,\na,BACKEND,1,1,,3,1,,1,\na,x,1,1,,4,1,0,2,\na,l,1,1,,7,,,3,\n`,
      ),
      processText(`${header}c,FRONTEND,1,1,,9,,,0,\nb,FRONTEND,1,1,,20,,,0,\na,FRONTEND,1,1,,10,,,0,\n`),
    );
    const stot = (kind: Table['kind'], name: string) => metricsOf(tables, kind, name)['stot'];
    expect([stot('frontend', 'a'), stot('frontend', 'b'), stot('frontend', 'c')]).toEqual([11, 22, 9]);
    expect([stot('backend', 'a'), stot('server', 'a/x'), stot('listener', 'a/l')]).toEqual([3, 4, 7]);
  });

  it('goes by the type of a row, not by its name', () => {
    const tables = merged(processText(`${header}a,BACKEND,1,1,,3,1,,1,\na,BACKEND,1,1,,4,1,0,2,\n`));
    expect(metricsOf(tables, 'backend', 'a')['stot']).toBe(3);
    expect(metricsOf(tables, 'server', 'a/BACKEND')['stot']).toBe(4);
  });

  it('counts the servers of a backend over all processes', () => {
    const tables = merged(
      processText(
        `${header}a,x,,,,,,,2,\na,BACKEND,,,,,,,1,\nb,BACKEND,,,,,,,1,\nc,y,,,,,,,2,\na,y,,,,,,,2,\n`,
      ),
      processText(`${header}a,z,,,,,,,2,\na,x,,,,,,,2,\n`),
    );
    expect(metricsOf(tables, 'backend', 'a')).toEqual({ TotalServers: 3 });
    expect(metricsOf(tables, 'backend', 'b')).toEqual({ TotalServers: 0 });
  });

  it('gives the same for a text cut into pieces', () => {
    const rows = ['a,FRONTEND,1,1,,1,,,0,\n', 'b,FRONTEND,1,1,,2,,,0,\n', 'b,BACKEND,1,1,,2,1,,1,\n'];
    const whole = merged(processText(header + rows.join('')));
    const pieces = { ...processText(''), stats: rows.map((row) => Buffer.from(header + row)) };
    expect(merged(pieces)).toEqual(whole);
  });

  it('gives the same under any seed', () => {
    const rows = Array.from({ length: 300 }, (_, i) => `be${i % 7},s${i},1,2,3,${i},1,2,2,9\n`);
    const processes = [rows, rows.toReversed()].map((each) => processText(header + each.join('')));
    const under = (seed: number) =>
      new ProcessMerger({ semantics: 'exact', now: () => 0, seed }).merge(processes, { expected: 2 }).tables;
    expect(under(4_294_967_295)).toEqual(under(0));
  });

  it('keeps nothing of a node for the next one', () => {
    const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });
    const rows = (count: number, stot: number) =>
      Array.from({ length: count }, (_, i) => `be,s${i},1,2,3,${stot},1,2,2,9\n`).join('');
    const one = processText(header + rows(3, 7));
    const first = merger.merge([one], { expected: 1 });
    const copy = structuredClone(first.tables);
    merger.merge([processText(`${header}web,FRONTEND,1,5,,10,,,0,\n${rows(500, 1)}`), one], { expected: 2 });
    expect(first.tables).toEqual(copy);
    expect(merger.merge([one], { expected: 1 }).tables).toEqual(copy);
  });

  it('reports times of its clock', () => {
    let time = 0;
    const merger = new ProcessMerger({ semantics: 'exact', now: () => time++ });
    const { timings } = merger.merge([processText(`${header}be,s1,1,2,,0,,0,2,0\n`)], { expected: 1 });
    expect(Object.values(timings).every((ms) => ms > 0 && ms < time)).toBe(true);
  });

  describe('of four processes of HAProxy 1.8', () => {
    it('agrees with sums made by hand', () => {
      const texts = captured({ version: true });
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

    it('weighs times by requests, and corrects what HAProxy prints before 2.2', () => {
      const times = (version: boolean) =>
        metricsOf(merged(...captured({ version })), 'backend', 'beall')['ttime'];
      expect(times(false)).toBeCloseTo(58 / 38, 9);
      expect(times(true)).toBeCloseTo((2 * 512) / 38, 9);
    });

    it('gives the range of a rate, the worst view of a server, and who sees it', () => {
      const tables = merged(...captured({ version: true }));
      expect(metricsOf(tables, 'frontend', 'feall')).toMatchObject({ rate_max: 17, rate_max_sum: 26 });
      expect(metricsOf(tables, 'backend', 'beall')).toMatchObject({ act: 1, act_max: 2 });
      expect(metricsOf(tables, 'server', 'beall/s1')).toMatchObject({
        up: 0.75,
        status_UP: 3,
        status_MAINT: 1,
        status_DOWN: 0,
      });
      expect(textsOf(tables, 'server', 'beall/s1')['status']).toBe('MAINT');
    });
  });

  describe('texts', () => {
    const columns = '# pxname,svname,type,status,check_status,check_code,last_chk,addr,mode\n';

    it('are those of the member whose check is the worst, or what all agree on', () => {
      const tables = merged(
        processText(`${columns}be,s,2,UP,L7OK,200,"fine, ""really""",10.0.0.1:80,http\n`),
        processText(`${columns}be,s,2,DOWN 1/2,* L7STS,503,bad gateway,10.0.0.2:80,http\n`),
        processText(`${columns}be,s,2,UP 1/3,L7OK,200,fine,10.0.0.1:80,\n`),
      );
      expect(textsOf(tables, 'server', 'be/s')).toEqual({
        status: 'DOWN 1/2',
        check_status: '* L7STS',
        check_code: '503',
        last_chk: 'bad gateway',
        mode: 'http',
      });
      const { table } = rowOf(tables, 'server', 'be/s');
      expect(table.texts.find(({ field }) => field === 'addr')?.codes[0]).toBe(differ);
      expect(metricsOf(tables, 'server', 'be/s')).toMatchObject({ up: 2 / 3, status_UP: 2, status_DOWN: 1 });
    });

    it('have their quotes taken off', () => {
      const tables = merged(processText(`${columns}be,s,2,UP,L7OK,200,"fine, ""really""",,\n`));
      expect(textsOf(tables, 'server', 'be/s')['last_chk']).toBe('fine, "really"');
    });

    it('that are too long or too many are left out and counted', () => {
      const rows = Array.from({ length: 65_537 }, (_, i) => `be,s${i},2,,,,,a${i},\n`);
      const { tables, droppedTexts } = merge([
        processText(`${columns}${rows.join('')}be,s,2,${'x'.repeat(1025)},,,,,\n`),
      ]);
      expect(droppedTexts).toBe(4);
      expect(textsOf(tables, 'server', 'be/s65533')).toEqual({ addr: 'a65533' });
      expect(textsOf(tables, 'server', 'be/s65534')).toEqual({});
    });

    it('of show info are told by process, and together where they agree', () => {
      const tables = merged(
        processText(columns, 'Tasks: 1\nVersion: 2.6\nnode: a\n', 'p1'),
        processText(columns, 'Tasks: 1\nVersion: 2.6\nnode: b\n', 'p2'),
      );
      expect(textsOf(tables, 'daemon', '')).toEqual({ Version: '2.6' });
      expect(textsOf(tables, 'process', 'p2')).toEqual({ Version: '2.6', node: 'b' });
    });
  });

  describe('what cannot be used', () => {
    it.each([
      ['stat', 'HTML', { stats: [Buffer.from('<html>\n')] }, "which begins with '<html>'"],
      ['stat', 'show info', { stats: [Buffer.from('Name: HAProxy\n')] }, "which begins with 'Name: HAProxy'"],
      [
        'stat',
        'a piece without header',
        { stats: [Buffer.from(`${header}b,x,,,,,,,2,\n`), Buffer.from('x\n')] },
        'no column',
      ],
      ['stat', 'no text', { stats: [] }, "no 'show stat' of the process"],
      ['info', 'a CSV', { info: Buffer.from(`${header}a,FRONTEND,,,,,,,0,\n`) }, "begins with '# pxname"],
      ['info', 'a text without numbers', { info: Buffer.from('Name: HAProxy\n') }, "no line 'Name: number'"],
      ['info', 'an empty text', { info: Buffer.alloc(0) }, "'show info' is empty"],
      ['info', 'empty lines', { info: Buffer.from('\n\n') }, "'show info', whose first line is empty"],
      ['info', 'no text', { info: undefined }, "no 'show info' of the process"],
    ] as const)('of a process, %s, costs only itself: %s', (...[half, , change, message]) => {
      const broken = { ...processText(`${header}b,FRONTEND,,,,5,,,0,\n`, 'Tasks: 5\n', 'broken'), ...change };
      const { tables, unusable } = merge([processText(`${header}a,FRONTEND,1,1,,1,,,0,\n`), broken]);
      expect(unusable).toMatchObject([{ process: 'broken', half }]);
      expect(unusable[0]?.error.message).toContain(message);
      expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: half === 'info' ? 1 : 6 });
      const names = tables.find(({ kind }) => kind === 'frontend')?.proxies;
      expect(names).toEqual(half === 'info' ? ['a', 'b'] : ['a']);
      expect(tables.some(({ kind }) => kind === 'server')).toBe(false);
    });

    it('is counted: bad rows, and numbers that are not exact', () => {
      const stat = `${header}a,x,1,1,,9100000000000000000,,,2,\nb,x,1,1,,2,,,9,\n`;
      expect(merge([processText(stat), processText(stat)])).toMatchObject({ badRows: 2, inexact: 3 });
    });

    it('is counted: sums that pass 2^53, of rows and of all processes together', () => {
      const half = processText(`${header}a,x,1,1,,5000000000000000,,,2,\n`, 'CumReq: 5000000000000000\n');
      expect(merge([half])).toMatchObject({ inexact: 0 });
      expect(merge([half, half])).toMatchObject({ inexact: 2 });
    });

    it.each([
      ['has bad rows', ['a,F,1,1,,5,,,0,\nb,F,1,1,,5,,,9,\n'], "1 rows of 'show stat' cannot be used"],
      ['ends within a line', ['a,F,1,1,,5,,,0,'], "'show stat' ends within a line"],
      ['ends within a bad row', ['a,F,1,1,,5,,,0,\nb,F,1'], '1 rows of .*, and .* ends within a line'],
      ['ends within its last piece', ['a,F,1,1,,5,,,0,\n', 'b,F,1,1'], 'ends within a line'],
      ['has a header alone', [''], "'show stat' has no rows below its header"],
    ])('of a show stat that %s is told, the rest counts', (_, pieces, message) => {
      const stats = pieces.map((rows) => Buffer.from(header + rows));
      const { tables, unusable, incomplete } = merge([{ ...processText('', 'Tasks: 5\n', 'odd'), stats }]);
      expect(unusable).toEqual([]);
      expect(incomplete).toMatchObject([{ process: 'odd' }]);
      expect(incomplete[0]!.error.message).toMatch(new RegExp(message));
      const frontends = tables.find(({ kind }) => kind === 'frontend');
      expect(frontends?.proxies).toEqual(pieces[0] === '' ? undefined : ['a']);
      expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 5 });
    });

    it('of a show stat that is nearly all bad rows is not read to its end', () => {
      const good = 'a,F,1,1,,5,,,0,\n';
      const odd = { ...processText(`${header}${good}${'x\n'.repeat(50_000)}${good}`), process: 'odd' };
      const { tables, unusable, incomplete, badRows } = merge([processText(header + good), odd]);
      expect([unusable, badRows]).toEqual([[], 10_001]);
      expect(incomplete).toMatchObject([{ process: 'odd' }]);
      expect(incomplete[0]!.error.message).toContain(
        "10001 rows of 'show stat' cannot be used, and what follows so many was not read",
      );
      expect(metricsOf(tables, 'frontend', 'a')['stot']).toBe(10);
    });

    it('is nothing where the last of several pieces has no row', () => {
      const stats = ['a,F,1,1,,5,,,0,\n', ''].map((rows) => Buffer.from(header + rows));
      expect(merge([{ ...processText(''), stats }])).toMatchObject({ unusable: [], incomplete: [] });
    });

    it('is a row more than there is room for', () => {
      const rows = Array.from({ length: 200_001 }, (_, i) => `${i},0,7\n`).join('');
      const { tables, badRows, incomplete } = merge([
        processText(`# pxname,type,stot,svname\n${rows.replaceAll(',7\n', ',7,F\n')}`),
      ]);
      expect([tables.at(-1)?.proxies.length, badRows, incomplete.length]).toEqual([200_000, 1, 1]);
    });

    it('is not hidden when it is our own fault, and nothing of it stays behind', () => {
      const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });
      const fault = new RangeError('ours');
      const faulty = {
        ...processText(''),
        get info(): Buffer {
          throw fault;
        },
      };
      const one = processText(`${header}a,FRONTEND,1,1,,1,,,0,\n`);
      expect(() => merger.merge([one, faulty], { expected: 2 })).toThrow(fault);
      expect(metricsOf(merger.merge([one], { expected: 1 }).tables, 'frontend', 'a')['stot']).toBe(1);
    });
  });

  it('knows a field by its other name, and takes the first of two', () => {
    const tables = merged(processText(header, 'TotalSplicdedBytesOut: 4\nTotalSplicedBytesOut: 9\n'));
    expect(metricsOf(tables, 'daemon', '')).toEqual({ TotalSplicedBytesOut: 4 });
  });

  describe('servers of one name', () => {
    const stat = `${header}a.b,x,1,5,,10,100,4,2,10\nc,x,2,3,,20,50,12,2,20\nd,x,4,4,,40,60,1,2,5\n`;

    it('are added up over all backends but the excluded ones', () => {
      const aggregatedServers = { excludedBackends: new Set(['a_b']) };
      const { tables } = merge([processText(stat), processText(stat)], { aggregatedServers });
      expect(metricsOf(tables, 'aggregated-server', 'x')).toMatchObject({
        scur: 12,
        smax: 4,
        smax_sum: 14,
        stot: 120,
        weight: 50,
      });
      expect(metricsOf(tables, 'aggregated-server', 'x')['rtime']).toBeCloseTo((24 * 20 + 2 * 5) / 26, 9);
    });

    it('are not there where there are no servers', () => {
      const { tables } = merge([processText(header)], { aggregatedServers: { excludedBackends: new Set() } });
      expect(tables.map(({ kind }) => kind)).toEqual(['daemon', 'process']);
    });
  });

  it('gives an old worker no say in how things stand, but adds up its traffic', () => {
    const columns = '# pxname,svname,type,status,scur,stot,slim,weight,last_chk\n';
    const live = processText(`${columns}be,s1,2,UP,3,10,100,5,L7OK\n`, 'Pid: 8\nStopping: 0\n', '/run/s');
    const old = processText(
      `${columns}be,s1,2,DOWN,2,90,50,7,L4CON\nbe,gone,2,UP,1,4,9,1,L7OK\n`,
      'Pid: 7\nStopping: 1\n',
      '/run/m@!7',
    );
    const { tables } = merge([live, old]);
    expect(metricsOf(tables, 'server', 'be/s1')).toMatchObject({
      scur: 5,
      stot: 100,
      slim: 100,
      weight: 5,
      up: 1,
      status_UP: 1,
      status_DOWN: 0,
    });
    expect(textsOf(tables, 'server', 'be/s1')).toMatchObject({ status: 'UP' });
    expect(metricsOf(tables, 'server', 'be/gone')).toEqual({ scur: 1, stot: 4 });
  });

  describe('classic', () => {
    it('takes a blank for 0, joins names that differ in dots, and leaves out what no process prints', () => {
      const processes = [
        processText(
          '# pxname,svname,type,stot,lbtot,rtime,throttle\na.b,s.1,2,1,0,7,\n',
          'Tasks: 1\nIdle_pct: 99.5\n',
        ),
        processText(
          '# pxname,svname,type,stot,lbtot,rtime,slim\na_b,s_1,2,,3,8,\na.b,s_1,2,4,1,,\n',
          'Tasks: 2\nPid: 7\n',
        ),
      ];
      const { tables } = merge(processes, { semantics: 'classic' });
      expect(metricsOf(tables, 'server', 'a_b/s_1')).toEqual({
        stot: 5,
        lbtot: 4,
        rtime: 4,
        throttle: 0,
        slim: 0,
      });
      expect(metricsOf(tables, 'daemon', '')).toEqual({ Tasks: 3 });
      expect(tables.flatMap(({ texts }) => texts)).toEqual([]);
    });

    it('has no mean time of rows that have balanced nothing', () => {
      const { tables } = merge([processText(`${header}be,s1,1,2,,0,,0,2,5\n`)], { semantics: 'classic' });
      expect(metricsOf(tables, 'server', 'be/s1')).not.toHaveProperty('rtime');
    });
  });
});
