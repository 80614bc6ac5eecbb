import { Answers } from './answers';

const info = 'Name: HAProxy\ndescription: a simulator\nPid: 1\n';
const never = () => false;

describe('the answers of the sockets', () => {
  let answers: Answers;
  let sent: string[];
  let window: { from: number; to: number };

  beforeEach(() => {
    answers = new Answers();
    sent = ['1', '2'].map((stat) => answers.give({ node: 'lb1', process: 'p', info, stat }));
    window = { from: Date.now() - 1_000, to: Date.now() + 1_000 };
  });

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
    expect(account('lb2', now + 500).lost.count).toBe(2);
    expect(account('lb1', now + 5_000).lost.count).toBe(2);
    expect(account('lb1', now - 5_000).lost.count).toBe(2);
    expect(answers.account(window, [], (node, process) => node === 'lb1' && process === 'p').lost.count).toBe(
      0,
    );
  });
});
