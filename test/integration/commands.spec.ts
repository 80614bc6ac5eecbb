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
      `[pull]\nsokcet-dir = /run/haproxy\nretries = many\n\n[graphite]\nport = 70000\n[nonsense]\nx = 1\n[paths]\nbase-dir = ${directory}\n`,
    );
    const { status, program } = await run('haproxystats', 'config', '--check', conf);
    expect(status).toBe(1);
    const lines = program.complaints.map((line) => line.replace(conf, 'FILE'));
    expect(lines.map((line) => line.replace(/: .*/, ''))).toEqual(['FILE:2', 'FILE:3', 'FILE:6', 'FILE:7']);
    expect(lines[0]).toContain("did you mean 'socket-dir'");
  });

  it('check what only the programs know: metrics, formulas and directories', async () => {
    const inTheWay = join(directory, 'in-the-way');
    await writeFile(inTheWay, '');
    const conf = await file(
      `[pull]\nservers = unix:///nowhere.sock\ndst-dir = ${inTheWay}\n` +
        `[process]\nsrc-dir = ${inTheWay}\nframes-dir = ${directory}/frames\nserver-metrics = scur scurr\n` +
        '[derived]\nRatio = a / b\n',
    );
    const { status, program } = await run('haproxystats', 'config', '--check', conf);
    expect(status).toBe(1);
    const lines = program.complaints.map((line) => line.replace(conf, 'FILE'));
    expect(lines.map((line) => line.replace(/ in section .*/, ''))).toEqual([
      "FILE:3: option 'dst-dir'",
      "FILE:5: option 'src-dir'",
      "FILE:7: option 'server-metrics'",
      "FILE:9: derived metric 'Ratio'",
    ]);
  });

  it.each(['pull', 'process'] as const)(
    'haproxystats-%s refuses to start on a faulty configuration, with all its faults',
    async (name) => {
      const conf = await file(
        `[pull]\nretries = many\n[process]\nroles = cook\n[paths]\nbase-dir = ${directory}\n`,
      );
      const { status, program } = await run(name, '-f', conf);
      expect(status).toBe(1);
      expect(program.complaints.length).toBe(2);
      expect(program.log).toEqual([]);
    },
  );

  describe.each(['pull', 'process'] as const)('haproxystats-%s', (name) => {
    it('knows -h, which names every flag, and -v', async () => {
      const [help, version] = await Promise.all([run(name, '-h'), run(name, '-v')]);
      expect([help.status, version.status]).toEqual([0, 0]);
      for (const flag of [
        '-f, --file <FILE>',
        '-d, --dir <DIR>',
        '-p, ',
        '-P, ',
        '-h, --help',
        '-v, --version',
      ]) {
        expect(help.program.output).toContain(`  ${flag}`);
      }
      expect(help.program.output).toContain('/etc/haproxystats.conf');
      expect(version.program.output).toMatch(/^haproxystats \d+\.\d+\.\d+/);
    });

    it('prints its sections and no others, sorted, an empty line behind each', async () => {
      const { status, program } = await run(name, '-p');
      expect(status).toBe(0);
      const sections = program.output.split('\n\n').slice(0, -1);
      const names = sections.map((section) => /^\[(.+)\]\n/.exec(section)?.[1]);
      expect(names).toEqual(
        name === 'pull'
          ? ['DEFAULT', 'cluster', 'kafka', 'pull', 'redis']
          : [
              'DEFAULT',
              'cluster',
              'events',
              'graphite',
              'kafka',
              'paths',
              'process',
              'redis',
              'registry',
              'results',
            ],
      );
      for (const section of sections) {
        const lines = section.split('\n').slice(1);
        expect(lines).toEqual([...lines].sort());
        expect(lines.filter((line) => !/^[a-z-]+ = .+$/.test(line))).toEqual([]);
      }
    });

    it('prints what counts: the defaults where there is no file, then the file, then those of -d by name', async () => {
      const layers = await mkdtemp(join(directory, 'layers-'));
      await writeFile(join(layers, '20.conf'), '[DEFAULT]\nloglevel = error\n');
      await writeFile(join(layers, '10.conf'), '[DEFAULT]\nloglevel = debug\n[cluster]\nname = ten\n');
      const conf = await file('[cluster]\nname = one\n[kafka]\nclient-id = mine\n');
      const [defaults, absent, effective] = await Promise.all([
        run(name, '-p'),
        run(name, '-P', '-f', join(directory, 'absent.conf')),
        run(name, '-P', '-f', conf, '-d', layers),
      ]);
      expect([absent.status, effective.status]).toEqual([0, 0]);
      expect(absent.program.output).toBe(defaults.program.output);
      const shown = effective.program.output;
      expect(shown).toContain('[cluster]\nname = ten\n');
      expect(shown).toContain('client-id = mine\n');
      expect(shown).toMatch(/^\[DEFAULT\]\n[^[]*loglevel = error\n/);
      const again = await run(name, '-P', '-f', await file(shown));
      expect(again.program.output).toBe(shown);
    });

    it.each([[['-P']], [[]]])('says that the directory of -d is not there, with %j', async (flags) => {
      const absent = join(directory, 'absent.d');
      const { status, program } = await run(name, ...flags, '-f', await file(''), '-d', absent);
      expect(status).toBe(1);
      expect(program.complaints).toEqual([
        `${absent}: there is no such directory: it should hold the *.conf files`,
      ]);
    });
  });

  it('need to be told of a Kafka before they make topics', async () => {
    const { status, program } = await run('haproxystats', 'topics', '-f', await file(''));
    expect(status).toBe(1);
    expect(program.complaints).toEqual(["no Kafka is configured: set 'brokers' in section [kafka]"]);
  });

  it('say in one sentence that no broker answers where topics are to be made', async () => {
    const conf = await file('[kafka]\nbrokers = 127.0.0.1:1\n');
    const { status, program } = await run('haproxystats', 'topics', '-f', conf);
    expect(status).toBe(1);
    expect(program.complaints).toEqual([
      "brokers 127.0.0.1:1 cannot be used: Connection error: connect ECONNREFUSED 127.0.0.1:1: do they run, and is 'brokers' in [kafka] right?",
    ]);
  });

  it.each(['check', 'register'])('need to be told of a registry before `schemas %s`', async (verb) => {
    const { status, program } = await run('haproxystats', 'schemas', verb, '-f', await file(''));
    expect(status).toBe(1);
    expect(program.complaints).toEqual(["no schema registry is configured: set 'url' in section [registry]"]);
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
    expect(program.complaints).toHaveLength(1);
    expect(program.complaints[0]).toContain(`${conf}:4: option 'dst-dir' in section 'pull': `);
    expect(program.complaints[0]).toContain(`'${inTheWay}' is not a directory`);
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
      // The second one would find the directory taken.
      const [first, second] = [await run(name, '-f', conf), await run(name, '-f', conf)];
      taken.close();
      for (const { status, program } of [first, second]) {
        expect(status).toBe(1);
        expect(program.complaints).toEqual([]);
        expect(program.log.at(-1)?.msg).toMatch(
          new RegExp(`on 127\\.0\\.0\\.1:${port} \\(.*EADDRINUSE.*choose another 'status-port'`),
        );
      }
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
