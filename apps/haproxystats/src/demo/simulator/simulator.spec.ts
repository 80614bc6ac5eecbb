import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@haproxystats/runtime';
import { FakeClock } from '../../../../../test/support/fake-clock';
import { siteOf } from '../site';
import { Simulator } from './simulator';

/** Sends the text as it is and reads to the end; half-closes unless told not to. */
function say(socket: string, text: string, halfClose = true): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const client = connect({ path: socket, allowHalfOpen: true });
    client.setEncoding('utf8');
    if (halfClose) client.end(text);
    else client.write(text);
    client.on('data', (chunk: string) => (answer += chunk));
    client.on('error', reject);
    client.on('end', () => {
      client.end();
      resolve(answer);
    });
  });
}

describe('the simulator', () => {
  const clock = new FakeClock();
  let directory: string;
  let simulator: Simulator;
  let socket: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'simulator-spec-'));
    simulator = await Simulator.start({
      site: siteOf({ backends: 3, servers: 2 }),
      processes: 3,
      socketDirectory: directory,
      clock,
      logger: silentLogger,
    });
    socket = simulator.sockets[0]!;
  });

  afterEach(async () => {
    await simulator.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('has a socket for each process, and each tells its own numbers', async () => {
    expect(simulator.sockets).toHaveLength(3);
    const answers = await Promise.all(simulator.sockets.map((path) => say(path, 'show stat\n')));
    expect(new Set(answers).size).toBe(3);
    expect((await say(simulator.sockets[2]!, 'show info\n')).split('\n')).toContain('Pid: 3');
  });

  it('ends each answer with an empty line, whether the client has half-closed or waits', async () => {
    const info = await say(socket, 'show info\n');
    const stat = await say(socket, 'show stat\n', false);
    expect(info).toMatch(/^Name: HAProxy\n[^]*[^\n]\n\n$/);
    expect(stat).toMatch(/^# pxname,svname,[^]*,\n\n$/);
    expect(info.match(/\n\n/g)).toHaveLength(1);
    expect(await say(socket, 'show info;show stat\n')).toBe(info + stat);
    expect(await say(socket, '  show   stat ; show info\r\n')).toBe(stat + info);
  });

  it('answers what it does not know as HAProxy does', async () => {
    const answer = await say(socket, 'frobnicate;show info\n');
    expect(answer).toMatch(/^Unknown command: 'frobnicate'[^]*\n\nName: HAProxy\n/);
    expect(await say(socket, 'help\n')).toMatch(
      /^The following commands are valid at this level \(haproxystats sim/,
    );
    expect(await say(socket, 'show info;\n')).toBe(`${await say(socket, 'show info\n')}\n`);
    expect(await say(socket, '\n')).toBe('\n');
  });

  it('says nothing after quit, nothing to a second line, and nothing without a line feed', async () => {
    const info = await say(socket, 'show info\n');
    expect(await say(socket, 'show info;quit;show stat\n')).toBe(info);
    expect(await say(socket, 'show info\nshow stat\n')).toBe(info);
    expect(await say(socket, 'quit\n')).toBe('');
    expect(await say(socket, 'show info')).toBe('');
    expect(await say(socket, '')).toBe('');
  });

  it('cuts off whoever sends no line feed for ever', async () => {
    await expect(say(socket, 'x'.repeat(200_000), false)).rejects.toThrow(/EPIPE|ECONNRESET/);
  });

  it('moves with the clock until it is frozen', async () => {
    const first = await say(socket, 'show info;show stat\n');
    expect(await say(socket, 'show info;show stat\n')).toBe(first);
    await clock.advance(5000);
    const second = await say(socket, 'show info;show stat\n');
    expect(second).not.toBe(first);
    simulator.freeze();
    await clock.advance(5000);
    expect(await say(socket, 'show info;show stat\n')).toBe(second);
  });

  it('leaves no socket behind, even with a client that neither speaks nor goes', async () => {
    const client = connect(socket);
    const cut = new Promise((resolve) => client.once('close', resolve));
    await new Promise((resolve) => client.once('connect', resolve));
    await simulator.close();
    await cut;
    expect(simulator.sockets.filter(existsSync)).toEqual([]);
  });

  it('refuses to start where it cannot listen, and leaves nothing open', async () => {
    const absent = join(directory, 'absent');
    const started = Simulator.start({
      site: siteOf({ backends: 1, servers: 1 }),
      processes: 2,
      socketDirectory: absent,
      clock,
      logger: silentLogger,
    });
    await expect(started).rejects.toThrow(absent);
  });
});
