import { frameHead } from '../../../test/support/frames';
import { RecordedLog } from '../../../test/support/recorded-log';
import { DroppedColumns, toldColumns } from './dropped-columns';

describe('DroppedColumns', () => {
  let log: RecordedLog;
  let columns: DroppedColumns;

  beforeEach(() => {
    log = new RecordedLog();
    columns = new DroppedColumns(log.logger);
  });

  function tell(node: string, ...droppedColumns: string[]): void {
    columns.tell({ frame: { head: frameHead({ node }), tables: [] }, droppedColumns });
  }

  it('says nothing where nothing is left out', () => {
    tell('a');
    expect(log.texts()).toEqual([]);
  });

  it('says it once for each node and set of columns, whatever their order, and what to do', () => {
    tell('a', 'y', 'x');
    tell('a', 'x', 'y');
    tell('b', 'x');
    tell('a', 'x');
    expect(log.texts().map((text) => text.replace(/\. .*/, ''))).toEqual([
      'node a: left out, because nobody knows how to combine them over processes: x, y',
      'node b: left out, because nobody knows how to combine them over processes: x',
      'node a: left out, because nobody knows how to combine them over processes: x',
    ]);
    expect(log.texts()[0]).toContain('the log of its puller');
  });

  it('says when it is over, and again when it is back', () => {
    tell('a', 'x');
    tell('a');
    tell('a');
    tell('a', 'x');
    expect(log.texts().slice(1)).toEqual(['node a: every column is combined again', log.texts()[0]]);
  });

  it('names a few of many, cut to a length', () => {
    const names = Array.from({ length: 300 }, (_, i) => `n${String(i).padStart(3, '0')}${'x'.repeat(100)}`);
    expect(toldColumns(names)).toHaveLength(20 * 64 + 19 * 2 + ' and 280 more'.length);
    expect(toldColumns(names)).toMatch(/^n000x+, n001x+, .* and 280 more$/);
  });
});
