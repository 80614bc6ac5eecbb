import { rawRecords, readRawChunk } from '@haproxystats/messaging';
import { ProcessMerger } from '@haproxystats/metrics';
import { mergeSnapshot } from './merge-snapshot';
import { Snapshot } from './snapshot';

const slot = 1_700_000_000_000;
const info = Buffer.from('Process_num: 1\n');
const stat = Buffer.from(`# pxname,svname,stot,type\nweb,FRONTEND,7,0\n`);
const textBytes = info.length + stat.length;

/** Of processes `a`, `b` and `c`, all of which said the same. */
function snapshotOf(): Snapshot {
  const replies = ['c', 'a', 'b'].map((process) => ({ process, info, stat }));
  const chunks = rawRecords({
    cluster: 'c',
    node: 'n',
    source: 's',
    slot,
    intervalMs: 10_000,
    startedAt: slot,
    replies,
    failures: [],
  }).map((record) => readRawChunk(record));
  const snapshot = new Snapshot(chunks[0]!, { offset: 0, appendedAt: slot });
  for (const chunk of chunks) snapshot.add(chunk);
  return snapshot;
}

function merged(maxBytes?: number) {
  const merger = new ProcessMerger({ semantics: 'exact', now: () => 0 });
  return mergeSnapshot(snapshotOf(), { merger }, { maxBytes });
}

describe('mergeSnapshot', () => {
  it('merges all that has arrived', () => {
    const { members, unreadable, frame } = merged();
    expect([members, unreadable, frame.head.coverage]).toEqual([
      ['a', 'b', 'c'],
      [],
      { covered: 3, expected: 3 },
    ]);
  });

  it('leaves out the processes for whose texts there is no room, and says which', () => {
    const { members, unreadable, frame } = merged(2 * textBytes);
    expect(members).toEqual(['a', 'b']);
    expect(frame.head.missing).toEqual([{ process: 'c', reason: 'unreadable' }]);
    expect(unreadable.map(({ error }) => error.message)).toEqual([
      `process 'c': with it the statistics of the node take more than the ${2 * textBytes} bytes that are read of one poll`,
    ]);
    const stot = frame.tables
      .find(({ kind }) => kind === 'frontend')!
      .columns.find(({ field }) => field === 'stot')!;
    expect([...stot.values]).toEqual([14]);
  });
});
