import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownEnvironment } from '../../../../test/support/program';
import { health } from './health';

describe('health', () => {
  const { env } = process;
  let directory: string;
  let server: Server;
  let port: number;
  /** How the server answers, by path. */
  let answers: Record<string, [number, string]>;

  beforeEach(async () => {
    process.env = ownEnvironment();
    directory = mkdtempSync(join(tmpdir(), 'haproxystats-health-'));
    answers = {};
    server = createServer((request, response) => {
      const [status, text] = answers[request.url!]!;
      response.writeHead(status).end(text);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    server.close();
    rmSync(directory, { recursive: true });
    process.env = env;
  });

  function file(name: string, content: string): string {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  }

  const configuration = (section: string, options: string): string =>
    file('haproxystats.conf', `[${section}]\n${options}\n`);
  const processOne = (...words: string[]): string => file('cmdline', `${words.join('\0')}\0`);
  const ready = false;

  it('asks the program that is process 1, at the port of the file that it was started with', async () => {
    answers['/healthz'] = [200, 'ok\n'];
    const conf = configuration('pull', `status-port = ${port}`);
    expect(await health({ ready }, processOne('node', '/bin/haproxystats-pull', '-f', conf))).toEqual({
      isWell: true,
      said: `haproxystats-pull, 127.0.0.1:${port}/healthz: 200 ok`,
    });
  });

  it('finds an address that means "all" on this machine', async () => {
    answers['/healthz'] = [200, 'ok\n'];
    const conf = configuration('process', `status-port = ${port}\nstatus-address = 0.0.0.0`);
    expect(await health({ service: 'process', file: conf, ready })).toMatchObject({ isWell: true });
  });

  it('reads the environment as the programs do', async () => {
    answers['/healthz'] = [200, 'ok\n'];
    process.env['HAPROXYSTATS_PROCESS_STATUS_PORT'] = String(port);
    const conf = configuration('process', 'status-port = 1');
    expect(await health({ ready }, processOne('haproxystats', 'run', '-f', conf))).toMatchObject({
      isWell: true,
      said: expect.stringContaining('haproxystats run') as string,
    });
  });

  it('says in one line what keeps a program from its work, when asked for that', async () => {
    answers['/readyz'] = [503, 'role node has not joined\nrole graphite has not joined\n'];
    const file = configuration('process', `status-port = ${port}`);
    expect(await health({ service: 'process', file, ready: true })).toEqual({
      isWell: false,
      said: `haproxystats-process, 127.0.0.1:${port}/readyz: 503 role node has not joined; role graphite has not joined`,
    });
  });

  it('is told another file than that of process 1', async () => {
    answers['/healthz'] = [200, 'ok\n'];
    const conf = configuration('pull', `status-port = ${port}`);
    const first = processOne('haproxystats-pull', '-f', join(directory, 'other.conf'));
    expect(await health({ file: conf, ready }, first)).toMatchObject({ isWell: true });
  });

  it('says that nothing answers', async () => {
    server.close();
    const file = configuration('pull', `status-port = ${port}`);
    const { isWell, said } = await health({ service: 'pull', file, ready });
    expect(isWell).toBe(false);
    expect(said).toMatch(/gives no answer: connect ECONNREFUSED/);
  });

  it('asks nobody where any free port may be the one, or the file has faults', async () => {
    const anyPort = configuration('pull', 'status-port = 0');
    expect(await health({ service: 'pull', file: anyPort, ready })).toEqual({
      isWell: false,
      said: "haproxystats-pull, 127.0.0.1:0/healthz: give 'status-port' in section [pull] a number",
    });
    const faulty = configuration('pull', 'status-prt = 1');
    expect(await health({ service: 'pull', file: faulty, ready })).toEqual({
      isWell: false,
      said: expect.stringMatching(/:2: unknown option 'status-prt'/) as string,
    });
  });

  it('has nothing to ask of a command that serves no health', async () => {
    expect(await health({ ready }, processOne('node', '/bin/haproxystats', 'topics'))).toEqual({
      isWell: true,
      said: 'haproxystats topics serves no health',
    });
  });

  it('says what to type where process 1 is another program, or cannot be seen', async () => {
    for (const first of [processOne('/sbin/init'), join(directory, 'absent')]) {
      expect(await health({ ready }, first)).toEqual({
        isWell: false,
        said: "process 1 is no program of haproxystats: name the one to ask, as 'haproxystats health pull -f FILE'",
      });
    }
  });

  it('does not wait for ever', async () => {
    server.removeAllListeners('request');
    const file = configuration('pull', `status-port = ${port}`);
    const { isWell, said } = await health({ service: 'pull', file, ready });
    expect({ isWell, said }).toMatchObject({
      isWell: false,
      said: expect.stringMatching(/no answer: .*(abort|time)/i) as string,
    });
    server.closeAllConnections();
  });
});
