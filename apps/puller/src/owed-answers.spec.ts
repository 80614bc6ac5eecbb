import { OwedAnswers } from './owed-answers';

function owed() {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  return {
    closed,
    answer: () => resolve(undefined),
    given: 0,
    giveUp() {
      this.given++;
      resolve(undefined);
    },
  };
}

const settled = () => new Promise(setImmediate);

describe('OwedAnswers', () => {
  it('keeps a connection until it is answered', async () => {
    const answers = new OwedAnswers();
    const connection = owed();
    answers.keep('m@!1', connection, new AbortController().signal);
    expect([answers.has('m@!1'), answers.has('m@!2'), answers.size]).toEqual([true, false, 1]);
    connection.answer();
    await settled();
    expect([answers.has('m@!1'), answers.size, connection.given]).toEqual([false, 0, 0]);
  });

  it('gives up those of workers that are gone', async () => {
    const answers = new OwedAnswers();
    const [there, gone] = [owed(), owed()];
    answers.keep('m@!1', there, new AbortController().signal);
    answers.keep('m@!2', gone, new AbortController().signal);
    answers.keepOnly(new Set(['m@!1']));
    await settled();
    expect([there.given, gone.given, answers.size]).toEqual([0, 1, 1]);
  });

  it('gives all up when the program stops, or has stopped already', async () => {
    const answers = new OwedAnswers();
    const stop = new AbortController();
    const [early, late] = [owed(), owed()];
    answers.keep('m@!1', early, stop.signal);
    stop.abort();
    answers.keep('m@!2', late, stop.signal);
    await settled();
    expect([early.given, late.given, answers.size]).toEqual([1, 1, 0]);
  });
});
