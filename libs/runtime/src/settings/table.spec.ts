import { variableName } from './environment';
import { settingsTable } from './table';

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
