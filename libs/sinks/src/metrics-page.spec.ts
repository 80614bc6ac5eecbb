import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fieldMetrics } from '@haproxystats/metrics';
import { renderMetricsPage } from './metrics-page';

const page = resolve(__dirname, '../../../docs/METRICS.md');

describe('docs/METRICS.md', () => {
  it('is what the tables say (UPDATE_DOCS=1 writes it anew)', () => {
    const rendered = renderMetricsPage();
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, rendered);
    expect(readFileSync(page, 'utf8')).toBe(rendered);
  });

  it('has a line for every field, with all it is sent as', () => {
    const lines = renderMetricsPage().split('\n');
    const missing = fieldMetrics().filter(
      ({ name, metrics }) =>
        !lines.some(
          (line) =>
            line.startsWith(`| \`${name}\` |`) &&
            line.endsWith(`| ${metrics.map((metric) => `\`${metric}\``).join(', ')} |`),
        ),
    );
    expect(missing).toEqual([]);
  });

  it('shows the paths as the sink writes them', () => {
    const rendered = renderMetricsPage();
    expect(rendered).toContain('`NAMESPACE.HOST.haproxy.backend.BACKEND.server.SERVER.METRIC`');
    expect(rendered).toContain('| `fqdn = false` | `NAMESPACE.lb1.haproxy` |');
  });

  it('explains everything it names', () => {
    const empty = renderMetricsPage()
      .split('\n')
      .filter((line) => /\|\s*\|\s*$/.test(line));
    expect(empty).toEqual([]);
    for (const name of ['covered', 'expected', 'complete'])
      expect(renderMetricsPage()).toMatch(new RegExp(`^\\| \`${name}\` \\| .{10,} \\|$`, 'm'));
  });
});
