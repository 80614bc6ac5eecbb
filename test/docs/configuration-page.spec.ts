import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingsTable } from '@haproxystats/runtime';
import { namedSections } from '../../libs/runtime/src/settings/table';
import { renderConfigurationPage } from './configuration-page';

const page = resolve(__dirname, '../../docs/CONFIGURATION.md');

describe('docs/CONFIGURATION.md', () => {
  it('is what the table says (UPDATE_DOCS=1 writes it anew)', () => {
    const rendered = renderConfigurationPage();
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, rendered);
    expect(readFileSync(page, 'utf8')).toBe(rendered);
  });

  it('names every option, and every section for rows of the users', () => {
    const rendered = renderConfigurationPage();
    const missing = settingsTable.filter(
      ({ key, doc }) => !rendered.includes(`| \`${key}\` |`) || !rendered.includes(doc),
    );
    expect(missing).toEqual([]);
    for (const section of namedSections) expect(rendered).toContain(`[${section}]`);
  });
});
