import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fields, ruleFacts, stateNames } from '@haproxystats/haproxy';
import { computedFields, derivedMetrics, distributionMetrics, metricsOf } from '@haproxystats/metrics';
import { pathSegment } from '../../libs/sinks/src/graphite/graphite-names';
import { renderMetricsPage } from './metrics-page';

const page = resolve(__dirname, '../../docs/METRICS.md');

describe('docs/METRICS.md', () => {
  const rendered = renderMetricsPage();
  const lines = rendered.split('\n');
  const codesIn = (line: string): string[] => [...line.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
  const named = new Set(lines.flatMap(codesIn));

  it('is what the tables say (UPDATE_DOCS=1 writes it anew)', () => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, rendered);
    expect(readFileSync(page, 'utf8')).toBe(rendered);
  });

  it('has every field of the catalogue', () => {
    expect(fields.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it('has a line for every field that is no column of a module, with its rule and all it is sent as', () => {
    const missing = fields
      .filter(({ exact, module }) => module === undefined && ruleFacts[exact.processes].metrics.length > 0)
      .filter((field) => {
        const cells = [
          field.name,
          field.exact.processes,
          ...metricsOf(field, field.exact.processes).map(pathSegment),
        ];
        return !lines.some((line) => codesIn(line).slice(0, cells.length).join() === cells.join());
      });
    expect(missing).toEqual([]);
  });

  it('says of every field what kind of number it is, and what to do with such numbers', () => {
    const sent = fields.filter(
      ({ exact, kinds }) => ruleFacts[exact.processes].metrics.length > 0 && !kinds.includes('nameserver'),
    );
    const missing = sent.filter(
      ({ name, nature }) =>
        !lines.some((line) => codesIn(line).includes(name) && line.split(' | ').includes(nature)) ||
        !lines.some((line) => line.startsWith(`| ${nature} | `)),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('explains every rule that it names', () => {
    const rules = [...computedFields.map(({ rule }) => rule), ...fields.map(({ exact }) => exact.processes)];
    const sent = rules.filter((rule) => ruleFacts[rule].metrics.length > 0);
    expect(sent.filter((rule) => !lines.some((line) => line.startsWith(`| \`${rule}\` | \`X`)))).toEqual([]);
  });

  it('names what only the original sends', () => {
    const classic = rendered.slice(rendered.indexOf('## Classic'));
    for (const name of ['SslFrontendSessionReuse_pct', 'StdCpuUsagePct'])
      expect(classic).toContain(`\`${name}\``);
  });

  it('has everything that is computed', () => {
    const names = [
      ...computedFields.map(({ name }) => name),
      ...derivedMetrics.map(({ name }) => name),
      ...distributionMetrics.map(({ name }) => name),
      ...stateNames.map((name) => `status_${name}`),
      ...['MetricsHAProxy', 'WallClockTimeAllStats', 'TotalWallClockTime', 'covered', 'expected', 'complete'],
    ];
    expect(names.filter((name) => !named.has(name))).toEqual([]);
  });

  it('shows the paths as the sink writes them', () => {
    expect(rendered).toContain('`NAMESPACE.HOST.haproxy.backend.BACKEND.server.SERVER.METRIC`');
    expect(rendered).toContain('`NAMESPACE.HOST.haproxy.GROUPS.GROUP.frontend.FRONTEND.METRIC`');
    expect(rendered).toContain('| `fqdn = false` | `NAMESPACE.lb1.haproxy` |');
  });

  it('has tables without empty cells, and as many cells as columns in every row', () => {
    const rows = lines.filter((line) => line.startsWith('|'));
    expect(rows.filter((row) => /\|\s*\|/.test(row))).toEqual([]);
    let columns = 0;
    for (const [i, line] of lines.entries()) {
      if (!line.startsWith('|')) continue;
      const cells = line.replaceAll(/`[^`]*`/g, '').split('|').length;
      if (!lines[i - 1]!.startsWith('|')) columns = cells;
      expect([line, cells]).toEqual([line, columns]);
    }
  });
});
