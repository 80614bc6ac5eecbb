import { siteOf } from '../site';
import { servedPattern } from './request-pattern';
import { SimulatedProcess } from './simulated-process';

type Row = Record<string, string>;

/** A CSV reader of its own, with quotes as in RFC 4180. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*)),/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}

function rowsOf(csv: string): Row[] {
  const [head = '', ...lines] = csv.trimEnd().split('\n');
  const names = cellsOf(head.replace('# ', ''));
  return lines.map((line) => {
    const cells = cellsOf(line);
    if (cells.length !== names.length) throw new Error(`${cells.length} cells: ${line}`);
    return Object.fromEntries(names.map((name, index) => [name, cells[index]!]));
  });
}

function infoOf(text: string): Row {
  const pairs = text.trimEnd().split('\n');
  return Object.fromEntries(pairs.map((line) => line.split(': ') as [string, string]));
}

const sum = (rows: readonly Row[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);

const ofType = (rows: readonly Row[], type: number): Row[] =>
  rows.filter((row) => row['type'] === String(type));

const keyOf = (row: Row): string => `${row['pxname']}/${row['svname']}`;

/** Columns that must never fall, apart from those that are blank. */
const counters =
  'smax stot bin bout dreq ereq econ eresp wretr wredis chkfail chkdown downtime lbtot rate_max hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx req_rate_max req_tot cli_abrt srv_abrt comp_in comp_out comp_rsp qtime_max ttime_max conn_rate_max conn_tot intercepted connect reuse h1_total_streams h1_bytes_in'.split(
    ' ',
  );

/** Columns of servers that their backend shows added up. */
const summed =
  'scur stot bin bout econ eresp wretr wredis lbtot rate hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx req_tot cli_abrt srv_abrt connect reuse'.split(
    ' ',
  );

const http = (row: Row): boolean => row['mode'] === 'http';

describe('a simulated process', () => {
  const site = siteOf({ backends: 12, servers: 3 });
  const processOf = (number: number, seed = 1): SimulatedProcess =>
    new SimulatedProcess({
      site,
      number,
      seed,
      pattern: servedPattern(seed),
      startedAtSeconds: 1_700_000_000,
    });
  const process = processOf(1);
  const moments = Array.from({ length: 100 }, (_, index) => 600 + index * 1.3);

  it('has a row for each frontend, backend and server, and a cell for each column', () => {
    const rows = rowsOf(process.statAt(600));
    expect(ofType(rows, 0)).toHaveLength(site.length);
    expect(ofType(rows, 1)).toHaveLength(12);
    expect(ofType(rows, 2)).toHaveLength(36);
    expect(new Set(rows.map(keyOf)).size).toBe(rows.length);
    expect(Object.keys(rows[0]!).indexOf('-')).toBe(118);
  });

  it('says the same for the same seed and moment, and something else otherwise', () => {
    expect(processOf(1).statAt(700)).toBe(process.statAt(700));
    expect(processOf(2).statAt(700)).not.toBe(process.statAt(700));
    expect(processOf(1, 2).statAt(700)).not.toBe(process.statAt(700));
    expect(process.statAt(701)).not.toBe(process.statAt(700));
  });

  it('never counts backwards, and never rates above its peaks', () => {
    let before = new Map<string, Row>();
    for (const moment of moments) {
      const rows = rowsOf(process.statAt(moment));
      const fallen = rows.flatMap((row) =>
        counters
          .filter((column) => Number(row[column]) < Number(before.get(keyOf(row))?.[column] ?? 0))
          .map((column) => `${keyOf(row)} ${column} at ${moment}`),
      );
      expect(fallen).toEqual([]);
      expect(rows.filter((row) => Number(row['rate']) > Number(row['rate_max']))).toEqual([]);
      expect(rows.filter((row) => Number(row['scur']) > Number(row['smax']))).toEqual([]);
      before = new Map(rows.map((row) => [keyOf(row), row]));
    }
  });

  it('counts on', () => {
    const [early, late] = [600, 630].map((moment) => ofType(rowsOf(process.statAt(moment)), 2));
    for (const column of ['stot', 'bin', 'bout']) {
      const still = late!.filter((row, index) => row[column] === early![index]![column]);
      expect(still).toEqual([]);
    }
  });

  it('adds up: servers to backends, answers to requests, frontends to the process', () => {
    for (const moment of moments) {
      const rows = rowsOf(process.statAt(moment));
      for (const backend of ofType(rows, 1)) {
        const servers = ofType(rows, 2).filter((row) => row['pxname'] === backend['pxname']);
        const columns = summed.filter((column) => backend[column] !== '');
        expect(columns.map((column) => [column, sum(servers, column)])).toEqual(
          columns.map((column) => [column, Number(backend[column])]),
        );
      }
      for (const row of rows.filter(http)) {
        const answers = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'].map((each) =>
          Number(row[`hrsp_${each}`]),
        );
        expect(answers.reduce((a, b) => a + b)).toBe(Number(row['req_tot']));
      }
      const info = infoOf(process.infoAt(moment));
      expect(Number(info['CumConns'])).toBe(sum(ofType(rows, 0), 'conn_tot'));
      expect(Number(info['CurrConns'])).toBe(sum(ofType(rows, 0), 'scur'));
      expect(Number(info['TotalBytesOut'])).toBe(sum(ofType(rows, 0), 'bout'));
    }
  });

  it('has frontends answer what their backends do, and a little of their own', () => {
    const rows = rowsOf(process.statAt(900));
    const www = ofType(rows, 0).find((row) => row['pxname'] === 'www')!;
    const behind = ofType(rows, 1).filter((row) => ['web', 'api', 'static'].includes(row['pxname']!));
    const own = Number(www['dreq']) + Number(www['ereq']) + Number(www['intercepted']);
    expect(own).toBeGreaterThan(0);
    expect(Number(www['req_tot'])).toBe(sum(behind, 'req_tot') + own);
  });

  it('leaves blank what does not apply', () => {
    const rows = rowsOf(process.statAt(900));
    const tcp = ofType(rows, 0).find((row) => row['mode'] === 'tcp')!;
    expect(tcp).toMatchObject({ pxname: 'queue', hrsp_2xx: '', status: 'OPEN', qcur: '', throttle: '' });
    const web = rows.find((row) => keyOf(row) === 'web/web-1');
    expect(web).toMatchObject({ req_rate: '', conn_tot: '', slim: '', hrsp_other: '0' });
  });

  it('has a server go down and come back', () => {
    const at = (moment: number): { server: Row; backend: Row } => {
      const rows = rowsOf(process.statAt(moment));
      const named = (svname: string): Row => rows.find((row) => keyOf(row) === `web/${svname}`)!;
      return { server: named('web-3'), backend: named('BACKEND') };
    };
    expect(at(629)).toMatchObject({ server: { status: 'UP', chkdown: '10' }, backend: { act: '3' } });
    expect(at(633)).toMatchObject({
      server: { status: 'DOWN', chkdown: '11', rate: '0' },
      backend: { act: '2' },
    });
    expect(at(633).server['last_chk']).toBe('HTTP status check returned code <503>, "Service Unavailable"');
    expect(at(642).server['status']).toBe('DOWN 1/2');
    expect(at(644).server).toMatchObject({ status: 'UP', lastchg: '1', downtime: String(11 * 12) });
    expect(at(633).backend['status']).toBe('UP');
  });

  it('tells the lines of show info', () => {
    const info = infoOf(process.infoAt(90_061.5));
    expect(info).toMatchObject({
      Name: 'HAProxy',
      Version: '3.4.0-simulator',
      Pid: '1',
      Uptime: '1d 1h01m01s',
      Uptime_sec: '90061',
      Start_time_sec: '1700000000',
      node: 'simulator-1',
    });
    expect(Object.keys(info)).toHaveLength(80);
    expect(Number(info['Idle_pct'])).toBeGreaterThanOrEqual(0);
    expect(Number(info['Idle_pct'])).toBeLessThanOrEqual(100);
  });
});
