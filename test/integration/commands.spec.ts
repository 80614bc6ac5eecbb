import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program';

describe('the programs', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-commands-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function file(text: string): Promise<string> {
    const path = join(directory, 'haproxystats.conf');
    await writeFile(path, text);
    return path;
  }

  async function run(
    ...args: Parameters<typeof Program.start>
  ): Promise<{ status: number | null; program: Program }> {
    const program = Program.start(...args);
    return { status: await program.exited, program };
  }

  it('print the effective configuration, secrets hidden', async () => {
    const conf = await file(
      '[redis]\nurl = redis://user:s3cret@redis.example:6379/0\n[graphite]\nport = 2003\n',
    );
    const { status, program } = await run('haproxystats', 'config', '-f', conf);
    expect(status).toBe(0);
    expect(program.output).toContain('url = redis://user:***@redis.example:6379/0\n');
    expect(program.output).toContain('[graphite]\n');
    expect(program.output).toContain('port = 2003\n');
    expect(program.output).not.toContain('s3cret');
  });

  it('say every fault of a configuration with its line', async () => {
    const conf = await file(
      '[pull]\nsokcet-dir = /run/haproxy\nretries = many\n\n[graphite]\nport = 70000\n[nonsense]\nx = 1\n',
    );
    const { status, program } = await run('haproxystats', 'config', '--check', conf);
    expect(status).toBe(1);
    const lines = program.complaints.map((line) => line.replace(conf, 'FILE'));
    expect(lines.map((line) => line.replace(/: .*/, ''))).toEqual(['FILE:2', 'FILE:3', 'FILE:6', 'FILE:7']);
    expect(lines[0]).toContain("did you mean 'socket-dir'");
  });

  it.each(['pull', 'process'] as const)(
    'haproxystats-%s refuses to start on a faulty configuration, with all its faults',
    async (name) => {
      const conf = await file('[pull]\nretries = many\n[process]\nroles = cook\n');
      const { status, program } = await run(name, '-f', conf);
      expect(status).toBe(1);
      expect(program.complaints.length).toBe(2);
      expect(program.log).toEqual([]);
    },
  );

  it.each(['pull', 'process'] as const)('haproxystats-%s knows -h, -v, -p and -P', async (name) => {
    const conf = await file('[pull]\npull-interval = 7\n[process]\nroles = node\n');
    const [help, version, defaults, effective] = await Promise.all([
      run(name, '-h'),
      run(name, '-v'),
      run(name, '-p'),
      run(name, '-P', '-f', conf),
    ]);
    expect([help, version, defaults, effective].map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(help.program.output).toContain('--file');
    expect(version.program.output).toMatch(/^haproxystats \d+\.\d+\.\d+/);
    const own =
      name === 'pull'
        ? ['pull-interval = 10\n', 'pull-interval = 7\n']
        : ['roles = node, graphite\n', 'roles = node\n'];
    expect(defaults.program.output).toContain(own[0]);
    expect(effective.program.output).toContain(own[1]);
    expect(defaults.program.output.includes('[pull]')).toBe(name === 'pull');
    expect(defaults.program.output.includes('[graphite]')).toBe(name === 'process');
  });

  it('need to be told of a Kafka before they make topics', async () => {
    const { status, program } = await run('haproxystats', 'topics', '-f', await file(''));
    expect(status).toBe(1);
    expect(program.log.at(-1)?.msg).toContain("set 'brokers' in section [kafka]");
  });

  it('end with the reason when their directory cannot be used', async () => {
    const inTheWay = await file('[pull]\nservers = unix:///nowhere.sock\nstatus-port = 0\n');
    const conf = join(directory, 'other.conf');
    await writeFile(
      conf,
      `[pull]\nservers = unix:///nowhere.sock\nstatus-port = 0\ndst-dir = ${inTheWay}/incoming\n`,
    );
    const { status, program } = await run('pull', '-f', conf);
    expect(status).toBe(1);
    expect(program.log.at(-1)?.msg).toContain(`${inTheWay}/incoming`);
  });

  it.each(['pull', 'process'] as const)(
    'haproxystats-%s ends with status 1 where its status port is taken, and frees its directory',
    async (name) => {
      const taken = createServer();
      taken.listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const conf = await file(
        `[pull]\nservers = unix:///nowhere.sock\nstatus-port = ${port}\ndst-dir = ${directory}/lib\n` +
          `[process]\nstatus-port = ${port}\nsrc-dir = ${directory}/lib\nframes-dir = ${directory}/frames\n`,
      );
      const { status, program } = await run(name, '-f', conf);
      taken.close();
      expect(status).toBe(1);
      expect(program.complaints).toEqual([]);
      expect(program.log.at(-1)?.msg).toMatch(
        new RegExp(`on 127\\.0\\.0\\.1:${port} \\(.*EADDRINUSE.*choose another 'status-port'`),
      );
    },
  );

  it('haproxystats run ends with status 1 where its directory cannot be used', async () => {
    const inTheWay = await file('[pull]\nservers = unix:///nowhere.sock\n');
    const conf = join(directory, 'run.conf');
    await writeFile(
      conf,
      `[pull]\nservers = unix:///nowhere.sock\ndst-dir = ${directory}\n[process]\nframes-dir = ${inTheWay}/frames\n`,
    );
    const { status, program } = await run('haproxystats', 'run', '-f', conf);
    expect(status).toBe(1);
    expect(program.log.at(-1)?.msg).toContain(`${inTheWay}/frames`);
  });
});
