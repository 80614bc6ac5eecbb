import { FakeClock } from '../../../test/support/fake-clock';
import { Asker } from './asker';
import { Master, type MasterTurn } from './master';
import type { PullerConfig } from './puller.config';
import type { Answer, AskOptions } from './stats-socket';

const limits = {
  maxReplyBytes: 1e6,
  maxPollBytes: 1e7,
  connectTimeoutMs: 100,
  connectRetries: 0,
  connectIntervalMs: 1,
};
const address = { kind: 'unix', path: '/m' } as const;
const bytes = (text: string): Answer => ({ bytes: Buffer.from(text) });
const none = (pid: number) => bytes(`Can't find the target PID matching the prefix '@!${pid}'\n`);
const stats = (pid: number) => bytes(`Name: HAProxy\nPid: ${pid}\n\n# pxname,svname,\nweb,FRONTEND,\n\n`);
const absent: Answer = { reason: 'absent', detail: 'no such socket' };

function list(current: number[], old: number[] = []): Answer {
  const lines = (pids: number[], reloads: number) =>
    pids.map((pid, i) => `${pid} worker ${reloads && reloads + i}\n`);
  return bytes(
    `#<PID> <type> <reloads>\n# workers\n${lines(current, 0).join('')}# old workers\n${lines(old, 1).join('')}\n`,
  );
}

/** A master of HAProxy's, whose answers can be set. */
class FakeMaster {
  lists: Answer[] = [];
  answers: Partial<Record<number, Answer[] | 'stuck'>> = {};
  asked: string[] = [];
  open = 0;
  most = 0;
  owed: (() => void)[] = [];
  deadline = new AbortController();

  askStats = async (
    _: unknown,
    { command = '', isMaster, onOverdue, signal }: AskOptions,
  ): Promise<Answer> => {
    expect(isMaster).toBe(true);
    this.asked.push(command);
    if (command === 'show proc') return this.lists.length > 1 ? this.lists.shift()! : this.lists[0]!;
    this.most = Math.max(this.most, ++this.open);
    await new Promise(setImmediate);
    this.open--;
    const pid = Number(/^@!(\d+) show info;@!\1 show stat$/.exec(command)![1]);
    const answers = this.answers[pid] ?? [stats(pid)];
    if (signal.aborted) return { reason: 'timeout', detail: 'the time was up before it was asked' };
    if (answers !== 'stuck') return answers.length > 1 ? answers.shift()! : answers[0]!;
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    this.owed.push(() => resolve(undefined));
    const { deadline } = this;
    setImmediate(() => deadline.abort());
    onOverdue!({ closed, giveUp: () => resolve(undefined) });
    return { reason: 'timeout', detail: 'no end of the answer after 0 bytes' };
  };
}

function setUp(changes: Partial<MasterTurn> = {}, room = 256) {
  const fake = new FakeMaster();
  const master = new Master(address, room);
  const asker = new Asker(limits as PullerConfig, { clock: new FakeClock(), askStats: fake.askStats });
  const never = new AbortController().signal;
  const poll = async () => {
    asker.begin();
    fake.deadline = new AbortController();
    const { signal: deadline } = fake.deadline;
    const turn = { asker, deadline, stop: never, isKnown: () => false, hasSockets: false, ...changes };
    const { outcomes, notices, ...rest } = await master.poll(turn);
    return {
      ...rest,
      replies: outcomes.filter(({ kind }) => kind === 'reply').map(({ process }) => process),
      failures: outcomes.flatMap((one) => (one.kind === 'failure' ? [`${one.process} ${one.reason}`] : [])),
      notices: notices.map(({ key, state }) => `${key}: ${state}`),
    };
  };
  return { fake, poll };
}

describe('Master', () => {
  it('asks the current and the old workers that it lists', async () => {
    const { fake, poll } = setUp();
    fake.lists = [list([9], [8, 7])];
    expect(await poll()).toEqual({
      replies: ['/m@!9', '/m@!8', '/m@!7'],
      failures: [],
      notices: [],
      present: ['/m@!9', '/m@!8', '/m@!7'],
      reloaded: { old: new Set([8, 7]), begun: ['/m@!9'] },
      figures: { oldWorkers: 2, leftOut: 0, failures: 0 },
    });
  });

  it('tells which of its workers the list before did not have', async () => {
    const { fake, poll } = setUp();
    fake.lists = [list([9]), list([9]), absent, list([10], [9]), list([11], [9])];
    const reloaded = [];
    for (let polls = 0; polls < 5; polls++) {
      const { old, begun } = (await poll()).reloaded;
      reloaded.push([[...old], begun]);
    }
    expect(reloaded).toEqual([
      [[], ['/m@!9']],
      [[], []],
      [[], []],
      [[9], ['/m@!10']],
      [[10, 9], ['/m@!11']],
    ]);
  });

  it('asks a current worker not that a stats socket leads to, but an old one all the same', async () => {
    const { fake, poll } = setUp({ isKnown: () => true });
    fake.lists = [list([9], [8])];
    const { replies, present } = await poll();
    expect([replies, present]).toEqual([['/m@!8'], ['/m@!9', '/m@!8']]);
    expect(fake.asked).toHaveLength(2);
  });

  it('asks a few at a time: a master takes ten connections', async () => {
    const { fake, poll } = setUp();
    fake.lists = [
      list(
        [99],
        Array.from({ length: 40 }, (_, i) => i + 1),
      ),
    ];
    const { replies, notices, figures } = await poll();
    expect([replies.length, fake.most]).toEqual([33, 4]);
    expect([notices, figures]).toEqual([
      ['/m old workers: too many'],
      { oldWorkers: 32, leftOut: 8, failures: 0 },
    ]);
  });

  it.each([
    ['before it is asked', [none(8)]],
    [
      'between the two answers',
      [bytes(`Name: HAProxy\nPid: 8\n\nCan't find the target PID matching the prefix '@!8'\n`)],
    ],
    ['within an answer', [bytes('Name: HA')]],
    ['while the master connects to it', [bytes("Can't connect to the target CLI!\n")]],
  ])('misses no worker that ends %s', async (_, answers) => {
    const { fake, poll } = setUp();
    fake.lists = [list([9], [8]), list([9])];
    fake.answers = { 8: answers };
    expect(await poll()).toMatchObject({ replies: ['/m@!9'], failures: [] });
    expect(fake.asked.filter((command) => command === 'show proc')).toHaveLength(2);
  });

  it('asks again what a reload has cut', async () => {
    const { fake, poll } = setUp();
    fake.lists = [list([9], [8])];
    fake.answers = { 9: [{ reason: 'reset', detail: 'cut' }, stats(9)], 8: [bytes(''), stats(8)] };
    expect(await poll()).toMatchObject({ replies: ['/m@!9', '/m@!8'], failures: [] });
  });

  it('misses a current worker that closes, at once; an old one that is listed still, at the next poll', async () => {
    const { fake, poll } = setUp();
    fake.lists = [list([9], [8])];
    fake.answers = { 9: [bytes('')], 8: [bytes('')] };
    expect((await poll()).failures).toEqual(['/m@!9 truncated']);
    expect((await poll()).failures).toEqual(['/m@!9 truncated', '/m@!8 truncated']);
  });

  it('does not ask a stuck worker again before its answer has come', async () => {
    const { fake, poll } = setUp();
    fake.lists = [list([9], [8])];
    fake.answers = { 8: 'stuck' };
    for (let polls = 0; polls < 20; polls++)
      expect(await poll()).toMatchObject({ replies: ['/m@!9'], failures: ['/m@!8 timeout'] });
    expect(fake.owed).toHaveLength(1);
    fake.answers = {};
    fake.owed[0]!();
    await new Promise(setImmediate);
    expect(await poll()).toMatchObject({ replies: ['/m@!9', '/m@!8'], failures: [] });
  });

  it('leaves connections to others, however many workers are stuck', async () => {
    const { fake, poll } = setUp();
    const stuck = Array.from({ length: 20 }, (_, i) => i + 1);
    fake.lists = [list([99], stuck)];
    fake.answers = Object.fromEntries(stuck.map((pid) => [pid, 'stuck']));
    const owed = [];
    for (let polls = 0; polls < 4; polls++) {
      expect((await poll()).replies).toEqual(polls < 2 ? ['/m@!99'] : []);
      owed.push(fake.owed.length);
    }
    expect(owed).toEqual([4, 7, 7, 7]);
  });

  it('tells once of old workers without rows', async () => {
    const { fake, poll } = setUp();
    fake.lists = [list([9], [8])];
    fake.answers = { 8: [bytes('Name: HAProxy\nPid: 8\n\n# pxname,svname,\n\n')] };
    expect(await poll()).toMatchObject({ replies: ['/m@!9', '/m@!8'], notices: ['/m rows: no rows'] });
  });

  describe('that gives no list', () => {
    it('is missing itself where nothing else is polled, and else a notice', async () => {
      for (const [hasSockets, failures] of [
        [false, ['/m absent']],
        [true, []],
      ] as const) {
        const { fake, poll } = setUp({ hasSockets });
        fake.lists = [absent];
        expect(await poll()).toMatchObject({ failures, notices: ['/m: absent'], figures: { failures: 1 } });
      }
    });

    it('misses its workers as far as nothing else leads to them, old ones for three polls', async () => {
      for (const [isKnown, current] of [
        [() => false, ['/m@!9 absent']],
        [(name: string) => name === '/m@!9', []],
      ] as const) {
        const { fake, poll } = setUp({ isKnown, hasSockets: true });
        fake.lists = [list([9], [8])];
        await poll();
        fake.lists = [absent];
        const missing = [];
        for (let polls = 0; polls < 4; polls++) missing.push((await poll()).failures);
        const both = [...current, '/m@!8 absent'];
        expect(missing).toEqual([both, both, both, current]);
        fake.lists = [list([10], [9])];
        expect(await poll()).toMatchObject({ failures: [], notices: [] });
      }
    });
  });
});
