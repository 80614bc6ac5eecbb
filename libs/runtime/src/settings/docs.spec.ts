import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { renderConfigurationPage } from './docs';
import { variableName } from './environment';
import { namedSections, settingsTable } from './table';

const page = resolve(__dirname, '../../../../docs/CONFIGURATION.md');

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

describe('the settings table', () => {
  it('has one row per option and one variable per row', () => {
    const names = settingsTable.map(({ section, key }) => variableName(section, key));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('gives every row with inherited values a row in [DEFAULT]', () => {
    const defaults = settingsTable.filter(({ section }) => section === 'DEFAULT').map(({ key }) => key);
    const inheriting = settingsTable.filter(({ inherits }) => inherits).map(({ key }) => key);
    expect(inheriting.filter((key) => !defaults.includes(key))).toEqual([]);
  });

  it('has no cell that would break a table of Markdown', () => {
    const broken = settingsTable.filter(({ doc, noEffect = '' }) => /[|\n]/.test(doc + noEffect));
    expect(broken).toEqual([]);
  });
});
