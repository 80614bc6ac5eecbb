import { computedMs } from '../../../test/support/own-time';
import { ProcessIdentities } from './identity';
import type { Outcome } from './outcome';

interface Daemon {
  pid: number;
  node: string;
  start: number | undefined;
  age: number;
  rows: string[];
}

const daemon: Daemon = {
  pid: 7,
  node: 'lb1',
  start: 1_700_000_000,
  age: 60,
  rows: ['web,FRONTEND', 'web,BACKEND'],
};

function reply(process: string, changes: Partial<Daemon> = {}): Outcome {
  const { pid, node, start, age, rows } = { ...daemon, ...changes };
  const lines = ['Name: HAProxy', 'Version: 2.6.12', `Pid: ${pid}`, `Uptime_sec: ${age}`, `node: ${node}`];
  if (start !== undefined) lines.push(`Start_time_sec: ${start}`);
  const info = Buffer.from(`${lines.join('\n')}\n`);
  const stat = Buffer.from(['# pxname,svname,scur,', ...rows.map((row) => `${row},${age},`), ''].join('\n'));
  return { kind: 'reply', process, info, stat };
}

const failure = (process: string): Outcome => ({ kind: 'failure', process, reason: 'refused', detail: 'no' });
const master = (process: string): Outcome => ({ kind: 'master', process });

function names(identities: ProcessIdentities, outcomes: Outcome[]) {
  const { replies, failures, notices } = identities.settle(outcomes);
  return {
    replies: replies.map(({ process }) => process),
    failures: failures.map(({ process }) => process),
    notices: notices.map(({ key }) => key),
  };
}

const settle = (...outcomes: Outcome[]) => names(new ProcessIdentities(), outcomes);

describe('two sockets of one process', () => {
  it('are counted once, under the first, with a notice that names both', () => {
    const { replies, notices } = new ProcessIdentities().settle([reply('/a'), reply('/b')]);
    expect(replies).toHaveLength(1);
    expect(replies[0]).toMatchObject({ process: '/a' });
    expect(notices[0]!.text).toMatch(/\/b and \/a lead to one HAProxy process/);
  });

  it('are told by age where HAProxy gives no start time, a second or two apart', () => {
    const old = { start: undefined };
    expect(settle(reply('/a', old), reply('/b', { ...old, age: 62 })).replies).toEqual(['/a']);
    expect(settle(reply('/a', old), reply('/b', { ...old, age: 63 })).replies).toEqual(['/a', '/b']);
  });

  it.each<[string, Partial<Daemon>]>([
    ['pid', { pid: 8 }],
    ['node', { node: 'lb2' }],
    ['start time', { start: 1_700_000_001 }],
    ['servers', { rows: ['web,FRONTEND', 'web,srv', 'web,BACKEND'] }],
    ['last proxy', { rows: ['web,FRONTEND', 'web,BACKEND', 'x,BACKEND'] }],
    ['proxies', { rows: ['app,FRONTEND', 'app,BACKEND'] }],
  ])('are two processes when their %s differs', (_, changes) => {
    const expected = { replies: ['/a', '/b'], failures: [], notices: [] };
    expect(settle(reply('/a'), reply('/b', changes))).toEqual(expected);
    expect(settle(reply('/a', changes), reply('/b'))).toEqual(expected);
  });

  it('does not take a longer name for the same', () => {
    expect(settle(reply('/a', { pid: 1 }), reply('/b', { pid: 11 })).replies).toHaveLength(2);
  });

  it('are two when somebody has looked into it and found so, until they go by another name', () => {
    const identities = new ProcessIdentities();
    const outcomes = [reply('/a'), reply('/b'), reply('/c', { pid: 8 })];
    const unclear = identities.unclear(outcomes);
    expect(unclear.map(({ first, second }) => [first, second])).toEqual([['/a', '/b']]);
    identities.learn(unclear[0]!, false);
    expect(identities.unclear(outcomes)).toEqual([]);
    expect(names(identities, outcomes)).toEqual({ replies: ['/a', '/b', '/c'], failures: [], notices: [] });
    const restarted = [reply('/a', { pid: 9 }), reply('/b', { pid: 9 })];
    expect(identities.unclear(restarted).length).toBe(1);
    expect(names(identities, restarted).replies).toEqual(['/a']);
  });

  it('stay one process when one of them does not answer', () => {
    const identities = new ProcessIdentities();
    const once = { replies: ['/a'], failures: [], notices: ['/b'] };
    expect(names(identities, [reply('/a'), reply('/b')])).toEqual(once);
    expect(names(identities, [failure('/a'), reply('/b')])).toEqual(once);
    expect(names(identities, [reply('/a'), failure('/b')])).toEqual(once);
    expect(names(identities, [failure('/a'), failure('/b')])).toEqual({
      replies: [],
      failures: ['/a'],
      notices: ['/b'],
    });
    expect(names(identities, [reply('/a', { pid: 9 }), reply('/b', { pid: 9 })])).toEqual(once);
  });

  it('stay one process while servers are added between the two answers', () => {
    const identities = new ProcessIdentities();
    identities.settle([reply('/a'), reply('/b')]);
    const more = { rows: [...daemon.rows, 'web,new'] };
    expect(names(identities, [reply('/a'), reply('/b', more)]).replies).toEqual(['/a']);
  });

  it('are two again when they answer as two, or when one is polled no more', () => {
    const identities = new ProcessIdentities();
    const pair = [reply('/a'), reply('/b')];
    identities.settle(pair);
    expect(names(identities, [reply('/a'), reply('/b', { pid: 8 })]).replies).toEqual(['/a', '/b']);
    identities.settle(pair);
    expect(names(identities, [reply('/b')])).toEqual({ replies: ['/b'], failures: [], notices: [] });
  });

  it('are three or more as well, whoever answers', () => {
    const identities = new ProcessIdentities();
    const three = [reply('/a'), reply('/b'), reply('/c')];
    expect(names(identities, three)).toEqual({ replies: ['/a'], failures: [], notices: ['/b', '/c'] });
    expect(names(identities, [failure('/a'), ...three.slice(1)]).replies).toEqual(['/a']);
    expect(names(identities, [failure('/a'), failure('/b'), reply('/c')])).toMatchObject({
      replies: ['/a'],
      failures: [],
    });
  });

  it('are compared without a fault where rows are damaged or Pid is not told', () => {
    const damaged = { rows: ['web', '', ',', 'web,FRONTEND'] };
    expect(settle(reply('/a', damaged), reply('/b', damaged)).replies).toEqual(['/a']);
    expect(settle(reply('/a', damaged), reply('/b')).replies).toEqual(['/a', '/b']);
    const nameless = (process: string): Outcome => {
      return {
        kind: 'reply',
        process,
        info: Buffer.from('Name: HAProxy\n'),
        stat: Buffer.from('# pxname,\n'),
      };
    };
    expect(settle(nameless('/a'), nameless('/b')).replies).toEqual(['/a', '/b']);
  });

  it('are compared in a moment where rows without a comma fill the answers', () => {
    const rows = Array.from({ length: 500_000 }, () => 'x');
    const ms = computedMs(() =>
      expect(settle(reply('/a', { rows }), reply('/b', { rows })).replies).toEqual(['/a']),
    );
    expect(ms).toBeLessThan(10_000);
  });

  it('keep the processes of nbproc apart', () => {
    const processes = [1, 2, 3, 4].map((pid) => reply(`/p${pid}`, { pid }));
    expect(settle(...processes).replies).toHaveLength(4);
  });
});

describe('a master socket', () => {
  it('is left out beside others, with a notice, even while they fail', () => {
    const leftOut = { replies: ['/a'], failures: [], notices: ['/master'] };
    expect(settle(reply('/a'), master('/master'))).toEqual(leftOut);
    expect(settle(failure('/a'), master('/master'))).toEqual({ ...leftOut, replies: [], failures: ['/a'] });
  });

  it('alone is a failure that says what to poll instead', () => {
    const { failures } = new ProcessIdentities().settle([master('/master')]);
    expect(failures).toMatchObject([{ process: '/master', reason: 'not-haproxy' }]);
    expect(failures[0]!.detail).toMatch(/stats socket of the workers/);
  });
});

describe('a worker behind a master', () => {
  const behind = '/m@!7';
  const workers = new Set([behind]);
  const settled = (identities: ProcessIdentities, ...outcomes: Outcome[]) => {
    const { replies, failures, notices } = identities.settle(outcomes, workers);
    return [replies, failures, notices].map((all) => all.length);
  };

  it('is the process of its stats socket, which needs no notice, and stands for it when that fails', () => {
    const identities = new ProcessIdentities();
    expect(identities.rootOf(behind)).toBe(behind);
    expect(settled(identities, reply('/a'), reply(behind))).toEqual([1, 0, 0]);
    expect(identities.rootOf(behind)).toBe('/a');
    expect(settled(identities, reply('/a'))).toEqual([1, 0, 0]);
    expect(identities.settle([failure('/a'), reply(behind)], workers)).toMatchObject({
      replies: [{ process: '/a' }],
      failures: [],
    });
  });

  it('is another process when the socket has gone to the next worker', () => {
    const identities = new ProcessIdentities();
    settled(identities, reply('/a'), reply(behind));
    expect(settled(identities, reply('/a', { pid: 8 }), reply(behind))).toEqual([2, 0, 0]);
    expect(identities.rootOf(behind)).toBe(behind);
  });

  it('is forgotten when the master lists it no longer', () => {
    const identities = new ProcessIdentities();
    settled(identities, reply('/a'), reply(behind));
    identities.settle([reply('/a')], new Set());
    expect(identities.rootOf(behind)).toBe(behind);
  });
});
