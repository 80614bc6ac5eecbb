import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Semantics } from '@haproxystats/haproxy';
import {
  finishTable,
  isPresent,
  ProcessMerger,
  type ProcessText,
  type Table,
  type TableKind,
} from '@haproxystats/metrics';

/** Four processes of one HAProxy 1.8.0 (nbproc 4): the third has most of the traffic, the second has `beall/s1` in maintenance. */
const testdata = join(__dirname, '../../libs/haproxy/testdata/haproxy-1.8.0-nbproc4');
const processes: readonly ProcessText[] = ['p1', 'p2', 'p3', 'p4'].map((process) => ({
  process,
  info: readFileSync(join(testdata, process, 'info.txt')),
  stats: [readFileSync(join(testdata, process, 'stat.csv'))],
}));

const withoutVersion = processes.map(({ info, ...text }) => ({
  ...text,
  info: Buffer.from(info!.toString().replace(/^Version: .*\n/m, '')),
}));

/** The merged capture, asked for single numbers. */
class Merged {
  readonly #tables: readonly Table[];

  constructor(texts: readonly ProcessText[], semantics: Semantics = 'exact') {
    const merger = new ProcessMerger({ semantics, now: () => 0 });
    const { tables, unusable, badRows, droppedColumns } = merger.merge(texts, { expected: texts.length });
    expect([unusable, badRows, droppedColumns]).toEqual([[], 0, []]);
    this.#tables = tables;
  }

  /** The metrics of a row, of those names that it has. */
  metrics(kind: TableKind, entity: string, names: string): Record<string, number> {
    const { table, row } = this.#rowOf(kind, entity);
    const wanted = names.split(' ');
    const metrics = finishTable(table, 10_000).metrics.filter(
      (metric) => wanted.includes(metric.name) && isPresent(metric, row),
    );
    return Object.fromEntries(metrics.map(({ name, values }) => [name, values[row]!]));
  }

  text(kind: TableKind, entity: string, field: string): string | undefined {
    const { table, row } = this.#rowOf(kind, entity);
    const column = table.texts.find((text) => text.field === field);
    return column?.words[column.codes[row]! - 1];
  }

  rows(kind: TableKind): string[] {
    const { proxies, servers } = this.#tables.find((table) => table.kind === kind)!;
    return proxies.map((proxy, i) => (servers[i] ? `${proxy}/${servers[i]}` : proxy));
  }

  #rowOf(kind: TableKind, entity: string): { table: Table; row: number } {
    const row = this.rows(kind).indexOf(entity);
    if (row < 0) throw new Error(`no ${kind} ${entity}`);
    return { table: this.#tables.find((table) => table.kind === kind)!, row };
  }
}

describe('a capture of HAProxy 1.8 with nbproc 4, exact', () => {
  const merged = new Merged(processes);

  it('has every proxy and server once, also those that only two processes have', () => {
    expect(merged.rows('frontend')).toEqual(['fe12', 'feall']);
    expect(merged.rows('backend')).toEqual(['be12', 'beall']);
    expect(merged.rows('server').toSorted()).toEqual(['be12/s1', 'beall/s1', 'beall/s2']);
    expect(merged.rows('process')).toEqual(['p1', 'p2', 'p3', 'p4']);
  });

  it('adds up counters', () => {
    expect(merged.metrics('frontend', 'feall', 'stot bin bout hrsp_2xx')).toEqual({
      stot: 3 + 3 + 29 + 3,
      bin: 240 + 240 + 2_380 + 240,
      bout: 3 * 6_282 + 60_726,
      hrsp_2xx: 38,
    });
    expect(merged.metrics('frontend', 'fe12', 'stot')).toEqual({ stot: 9 });
    expect(merged.metrics('daemon', '', 'CumConns')).toEqual({ CumConns: 13 + 11 + 33 + 7 });
  });

  it('gives a maximum as a range: 3, 3, 17 and 3 a second were 17 to 26 together', () => {
    expect(merged.metrics('frontend', 'feall', 'rate_max rate_max_sum')).toEqual({
      rate_max: 17,
      rate_max_sum: 26,
    });
    expect(merged.metrics('backend', 'beall', 'rate_max rate_max_sum')).toEqual({
      rate_max: 17,
      rate_max_sum: 26,
    });
  });

  it('weighs times by requests, and corrects the means of HAProxy before 2.2', () => {
    const { ttime } = merged.metrics('backend', 'beall', 'ttime');
    // The third process counted 29 requests and divided their 1,024 ms by 512.
    expect(ttime).toBeCloseTo((2 * 512) / 38, 9);
    expect(merged.metrics('backend', 'beall', 'qtime ctime')).toEqual({ qtime: 0, ctime: 0 });
  });

  it('weighs times without the correction where no version is said', () => {
    const { ttime } = new Merged(withoutVersion).metrics('backend', 'beall', 'ttime');
    expect(ttime).toBeCloseTo((2 * 29) / 38, 9);
    expect(ttime).toBeCloseTo(1.53, 2);
  });

  it('weighs the times of servers by their responses: they have no req_tot', () => {
    expect(merged.metrics('server', 'beall/s2', 'req_tot')).toEqual({});
    expect(merged.metrics('server', 'beall/s2', 'ttime').ttime).toBeCloseTo((2 * 512) / 31, 9);
    expect(merged.metrics('server', 'beall/s1', 'ttime').ttime).toBeCloseTo((1 * 512) / 7, 9);
  });

  it('shows the process that lost a server', () => {
    expect(merged.metrics('backend', 'beall', 'act act_max bck')).toEqual({ act: 1, act_max: 2, bck: 0 });
    expect(merged.metrics('backend', 'beall', 'weight weight_max weight_mean')).toEqual({
      weight: 3,
      weight_max: 4,
      weight_mean: 3.75,
    });
    expect(merged.text('server', 'beall/s1', 'status')).toBe('MAINT');
    expect(
      merged.metrics('server', 'beall/s1', 'status_UP status_MAINT status_DOWN status_DRAIN up'),
    ).toEqual({
      status_UP: 3,
      status_MAINT: 1,
      status_DOWN: 0,
      status_DRAIN: 0,
      up: 0.75,
    });
    expect(merged.text('server', 'beall/s2', 'status')).toBe('UP');
  });

  it('counts an outage per process, and once', () => {
    expect(merged.metrics('server', 'beall/s1', 'chkdown chkdown_max')).toEqual({
      chkdown: 1,
      chkdown_max: 1,
    });
  });

  it('adds up limits, and sends none where there is none', () => {
    expect(merged.metrics('server', 'be12/s1', 'slim')).toEqual({ slim: 20 });
    expect(merged.metrics('server', 'beall/s1', 'slim throttle')).toEqual({});
    expect(merged.metrics('daemon', '', 'Maxconn Maxconn_min ConnRateLimit')).toEqual({
      Maxconn: 4_000,
      Maxconn_min: 1_000,
    });
  });

  it('passes over a session that never was', () => {
    expect(merged.metrics('server', 'beall/s1', 'lastsess')).toEqual({ lastsess: 1 });
  });

  it('finds the youngest process, and the busiest', () => {
    expect(merged.metrics('daemon', '', 'Uptime_sec Uptime_sec_max')).toEqual({
      Uptime_sec: 4,
      Uptime_sec_max: 5,
    });
    expect(merged.metrics('daemon', '', 'Idle_pct_min')).toEqual({ Idle_pct_min: 100 });
    expect(merged.text('daemon', '', 'Version')).toBe('1.8.0');
  });
});

describe('the same capture, classic', () => {
  const merged = new Merged(processes, 'classic');

  it('says what the original says', () => {
    expect(merged.metrics('frontend', 'feall', 'rate_max rate_max_sum')).toEqual({ rate_max: 26 });
    expect(merged.metrics('backend', 'beall', 'ttime act act_max weight')).toEqual({
      ttime: 0.5,
      act: 1.75,
      weight: 3.75,
    });
    expect(merged.metrics('server', 'beall/s1', 'slim throttle')).toEqual({ slim: 0, throttle: 0 });
  });
});
