import { Answers } from './answers';

const info = 'Name: HAProxy\ndescription: a simulator\nPid: 1\n';
const never = new Map<string, number[]>();

describe('the answers of the sockets', () => {
  let answers: Answers;
  let sent: string[];
  let window: { from: number; to: number };

  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    answers = new Answers();
    sent = ['1', '2'].map((stat) => answers.give({ node: 'lb1', process: 'p', info, stat, skewMs: 5_000 }));
    window = { from: Date.now() - 1_000, to: Date.now() + 1_000 };
  });

  afterEach(() => jest.restoreAllMocks());

  it('are told apart by their description', () => {
    expect(sent).toEqual(['0', '1'].map((number) => info.replace('a simulator', `answer-${number}`)));
  });

  it('are lost until they are found', () => {
    answers.found(sent[0]!, '1');
    const { lost, torn, excused } = answers.account(window, [], never);
    expect([lost.count, torn.count, excused]).toEqual([1, 0, 0]);
    answers.found(sent[1]!, '2\n');
    expect(answers.account(window, [], never).lost.count).toBe(0);
  });

  it('are torn when they come otherwise than they were given', () => {
    for (const text of sent) answers.found(text, '1');
    expect(answers.account(window, [], never).torn.count).toBe(1);
  });

  it('are excused by the death of their puller soon after, and by a manifest that gives them up', () => {
    const now = Date.now();
    const account = (node: string, at: number) => answers.account(window, [{ node, at }], never);
    expect(account('lb1', now + 500)).toMatchObject({ excused: 2 });
    expect(account('lb1', now - 200)).toMatchObject({ excused: 2 });
    expect(account('lb2', now + 500).lost.count).toBe(2);
    expect(account('lb1', now + 5_000).lost.count).toBe(2);
    expect(account('lb1', now - 400).lost.count).toBe(2);
    const lostWith = (...begins: number[]) =>
      answers.account(window, [], new Map([['p', begins]])).lost.count;
    expect([lostWith(now + 4_900), lostWith(now + 4_900, now + 4_950)]).toEqual([1, 0]);
    expect([lostWith(now), lostWith(now + 4_000, now + 9_000), lostWith(now - 9_000)]).toEqual([1, 1, 2]);
  });

  it('are not excused once they were in the spool', () => {
    answers.spooled(sent[1]!);
    const { lost, excused } = answers.account(window, [{ node: 'lb1', at: Date.now() + 500 }], never);
    expect([lost.count, excused]).toEqual([1, 1]);
  });

  it('tell when they were given', () => {
    expect(answers.found('description: of somebody else\n', '1')).toBeUndefined();
    expect(Math.abs(answers.found(sent[0]!, '1')! - Date.now())).toBeLessThan(1_000);
  });
});
