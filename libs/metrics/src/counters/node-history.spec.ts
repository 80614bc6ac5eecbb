import { NodeHistory, type Counted } from './node-history';
import { SpareRows } from './spare-rows';

const intervalMs = 10_000;
const spare = new SpareRows(1);

function rowsOf(count: number) {
  const rows = spare.take(count);
  for (let row = 0; row < count; row++) rows.ownCells(0)[rows.add(row, row)] = row;
  rows.trim();
  return rows;
}

function counted(process: string, poll: number, with_: Partial<Counted> = {}): Counted {
  const life = { pid: process.length, uptime: 100 + poll * 10, startedAt: 0, isStopping: false };
  const asked = { process, slot: poll * intervalMs, intervalMs, askedAt: poll * intervalMs };
  const rows = new Map([['server', rowsOf(1_000)]] as const);
  return { ...asked, ...life, info: new Map(), rows, isWhole: true, since: undefined, ...with_ };
}

/** Merges a poll of these processes; answers the bytes kept after each. */
function poll(history: NodeHistory, answers: readonly Counted[], isFinal = true): number[] {
  const { slot } = answers[0]!;
  history.begin(slot, { processes: answers.map(({ process }) => process), isFinal, appendedAt: slot });
  const bytes = answers.map((answer) => {
    expect(history.formerOf(answer)?.counted?.slot).toBe(slot === 0 ? undefined : slot - intervalMs);
    history.keep(answer);
    return history.bytes;
  });
  history.merged({ slot, intervalMs }, isFinal ? 0 : 60_000);
  return bytes;
}

const names = ['one', 'three', 'fifteen'];

describe('NodeHistory', () => {
  const one = counted('one', 0).rows.get('server')!.bytes;

  it('keeps one poll of each process, of a slot to which no more will come', () => {
    const history = new NodeHistory();
    for (let number = 0; number < 5; number++) {
      const bytes = poll(
        history,
        names.map((name) => counted(name, number)),
      );
      expect(bytes).toEqual(number === 0 ? [one, 2 * one, 3 * one] : [3 * one, 3 * one, 3 * one]);
    }
  });

  it('keeps what a slot was compared with as long as more may come to it', () => {
    const history = new NodeHistory();
    const answers = (number: number) => names.map((name) => counted(name, number));
    poll(history, answers(0));
    expect(poll(history, answers(1), false)).toEqual([4 * one, 5 * one, 6 * one]);
    expect(history.bytes).toBe(6 * one);
    expect(history.formerOf(counted('one', 1))?.counted?.rows.get('server')?.size).toBe(1_000);
    expect(poll(history, answers(2))).toEqual([7 * one, 8 * one, 9 * one]);
  });

  it.each([
    ['an old worker is asked for through its master', [counted('one@!7', 1)]],
    ['a process stops', [counted('one', 1, { isStopping: true })]],
  ])('keeps it for other processes where %s, for they may count in the same memory', (_, answers) => {
    const history = new NodeHistory();
    const before = answers.map((answer) => ({ ...answer, slot: 0, askedAt: 0, uptime: 100 }));
    poll(history, [...before, counted('three', 0)]);
    expect(poll(history, [counted('three', 1), ...answers])).toEqual([3 * one, 4 * one]);
  });

  it('still knows that a process answered, and when', () => {
    const history = new NodeHistory();
    for (const number of [0, 1]) poll(history, [counted('one', number)]);
    const slot = 2 * intervalMs;
    history.begin(slot, { processes: ['one', 'new'], isFinal: true, appendedAt: slot });
    history.keep(counted('one', 2));
    const born = counted('new', 2, { uptime: 3 });
    expect(history.formerOf(born)).toEqual({ counted: undefined, isNew: true, since: intervalMs, share: 1 });
  });
});

describe('SpareRows', () => {
  it('gives memory that was let go of, as if it were new', () => {
    const spareRows = new SpareRows(2);
    const rows = spareRows.take(100);
    for (let row = 0; row < 100; row++) rows.ownCells(1)[rows.add(1, row)] = row;
    const cells = rows.cells(1);
    rows.letGo();
    expect(spareRows.take(1_000)).not.toBe(rows);
    expect(spareRows.take(10)).not.toBe(rows);
    const again = spareRows.take(100);
    expect(again).toBe(rows);
    expect([again.size, again.cells(0), again.cells(1), again.find(1, 7, 0)]).toEqual([
      0,
      undefined,
      undefined,
      -1,
    ]);
    expect(again.ownCells(1)).toBe(cells);
    expect([...again.ownCells(1)].every(Number.isNaN)).toBe(true);
  });

  it('keeps a few at most', () => {
    const spareRows = new SpareRows(1);
    const rows = Array.from({ length: 10 }, () => spareRows.take(100));
    for (const each of rows) each.letGo();
    const taken = rows.map(() => spareRows.take(100));
    expect(taken.filter((each) => rows.includes(each))).toHaveLength(4);
  });
});
