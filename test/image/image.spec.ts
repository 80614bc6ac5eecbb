import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ContainerServers } from '../harness/containers/container-servers';
import { eventually, freePort } from '../harness';
import { FakeRelay } from '../support/fake-relay';
import { Site } from '../support/site';
import { Container, docker } from './docker';

const root = resolve(__dirname, '../..');
const image = `haproxystats-test:${process.pid}`;
/** As the image is meant to be run. */
const confined = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
/** The image's own check, only asked more often. */
const checked = ['--health-interval', '1s'];

/** What a command prints in a new container. */
const within = (...command: string[]): Promise<string> =>
  docker('run', '--rm', ...confined, '--network', 'none', image, ...command);

beforeAll(async () => {
  const labels = ['--build-arg', 'VERSION=1.2.3', '--build-arg', 'REVISION=abc'];
  await docker('build', '--tag', image, ...labels, root);
});
afterAll(() => docker('image', 'rm', '--force', image));

describe('the image', () => {
  it('has one user, who is a number and not root, and may write nothing but its own directory', async () => {
    expect(await docker('image', 'inspect', '--format', '{{.Config.User}}', image)).toBe('1000:1000');
    expect(await within('id', '-u')).toBe('1000');
    const find = 'find / -xdev ! -type l -writable 2>/dev/null; true';
    const writable = await docker('run', '--rm', '--network', 'none', image, 'sh', '-c', find);
    const itsOwn = /^\/(var\/lib\/haproxystats|home\/node|tmp|var\/tmp|run\/lock|dev|proc)(\/|$)/;
    expect(writable.split('\n').filter((path) => !itsOwn.test(path))).toEqual([]);
    expect(writable).toContain('/var/lib/haproxystats');
  });

  it('lets any other user write there too, who is in no group', async () => {
    const touch = ['touch', '/var/lib/haproxystats/file'];
    await docker('run', '--rm', '--network', 'none', '--user', '12345', image, ...touch);
  });

  it('says which version it is, made of what', async () => {
    const labels = JSON.parse(
      await docker('image', 'inspect', '--format', '{{json .Config.Labels}}', image),
    ) as Record<string, string>;
    expect(labels).toMatchObject({
      'org.opencontainers.image.title': 'haproxystats',
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.revision': 'abc',
    });
  });

  it('lets the C library give large pieces of memory back', async () => {
    expect(await within('sh', '-c', 'echo $MALLOC_MMAP_THRESHOLD_')).toBe('131072');
  });

  it('has no package manager, no compiler, no cache of packages, and of ours what runs', async () => {
    const tools = 'npm npx yarn yarnpkg corepack pnpm gcc cc g++ make python3 tsc nest';
    expect(await within('sh', '-c', `for tool in ${tools}; do command -v $tool; done; true`)).toBe('');
    const caches =
      '/root/.npm /home/node/.npm /usr/local/lib/node_modules /usr/local/include/node /opt/yarn*';
    expect(await within('sh', '-c', `ls -d ${caches} 2>/dev/null; true`)).toBe('');
    expect(await within('ls', '/app')).toBe('LICENSE\ndist\nnode_modules\npackage.json');
    expect(
      await within('sh', '-c', 'ls /app/node_modules | grep -E "^(typescript|jest|eslint|node)$"; true'),
    ).toBe('');
    expect(await within('find', '/app', '-name', '*.ts', '-o', '-name', '*.map')).toBe('');
    expect(await within('find', '/app/dist', '-name', '*.spec.*', '-o', '-name', '*.contract.*')).toBe('');
  });

  it('prints its help when it is told nothing, and runs the programs by their names', async () => {
    expect(await within()).toContain('Usage: haproxystats ');
    for (const name of ['haproxystats', 'haproxystats-pull', 'haproxystats-process'])
      expect(await within(name, '--version')).toMatch(/^haproxystats \d/);
    expect(await within('haproxystats-health', '--help')).toContain('Usage: haproxystats-health ');
  });
});

describe('puller and processor out of the image, beside two real HAProxy processes', () => {
  /** Undoes what was started so far, also where the next could not be. */
  const ends: (() => Promise<unknown>)[] = [];
  let relay: FakeRelay;
  let puller: Container;
  let processor: Container;

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'haproxystats-image-'));
    ends.push(() => rm(directory, { recursive: true, force: true }));
    const sockets = join(directory, 'sockets');
    await mkdir(sockets);
    const site = await Site.start(new ContainerServers(), { directory: sockets, processes: 2 });
    ends.push(() => site.stop());
    // The user of the image is neither the one of HAProxy nor in its group.
    await Promise.all([directory, sockets, ...site.sockets].map((path) => chmod(path, 0o777)));
    relay = await FakeRelay.start();
    ends.push(() => relay.stop());
    const statusPort = await freePort();
    const file = join(directory, 'haproxystats.conf');
    await writeFile(
      file,
      `[pull]
node = lb1
socket-dir = /run/haproxy
pull-interval = 1
[process]
status-port = ${statusPort}
[graphite]
server = ${relay.address.host}
port = ${relay.address.port}
`,
    );
    await chmod(file, 0o644);
    const volume = await docker('volume', 'create');
    ends.push(() => docker('volume', 'rm', volume));
    const common = [...confined, ...checked, '--volume', `${volume}:/var/lib/haproxystats`];
    const configuration = (path: string) => ['--volume', `${file}:${path}:ro`];
    // One with the file where it is looked for and a port that it need not tell, one with both elsewhere.
    puller = await Container.start(
      ...[...common, ...configuration('/etc/haproxystats.conf'), '--network', 'none'],
      ...['--volume', `${sockets}:/run/haproxy:ro`, image, 'haproxystats-pull'],
    );
    ends.push(() => puller.remove());
    processor = await Container.start(
      ...[...common, ...configuration('/etc/own.conf'), '--network', 'host', '--init'],
      ...[image, 'haproxystats', 'process', '--file=/etc/own.conf'],
    );
    ends.push(() => processor.remove());
  });
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  it('bring the numbers of both processes to the relay', async () => {
    await eventually(
      () => expect(relay.text).toMatch(/^loadbalancers\.lb1\.haproxy\.coverage\.complete 1 /m),
      {
        withinMs: 120_000,
      },
    );
    expect(relay.text).toMatch(/^loadbalancers\.lb1\.haproxy\.frontend\.web\.stot \d+ /m);
  });

  it('become healthy by the check that the image has, which finds their files and ports', async () => {
    for (const container of [puller, processor])
      await eventually(async () => expect((await container.state()).Health.Status).toBe('healthy'), {
        withinMs: 120_000,
      });
    const said = async (container: Container) => (await container.state()).Health.Log.at(-1)!.Output;
    expect(await said(puller)).toBe('haproxystats-pull, 127.0.0.1:9311/healthz: 200 ok\n');
    expect(await said(processor)).toMatch(/^haproxystats-process, 127\.0\.0\.1:\d+\/healthz: 200 ok\n$/);
  });

  it('are ready, and say so when they are asked', async () => {
    for (const container of [puller, processor]) {
      const asked = docker('exec', container.id, 'haproxystats-health', '--ready');
      expect(await asked).toMatch(/readyz: 200 ready$/);
    }
  });

  it('end in order when they are told to, well within their deadline', async () => {
    for (const container of [puller, processor]) {
      const { status, seconds } = await container.stop();
      expect({ status, log: status === 0 ? '' : await container.log() }).toEqual({ status: 0, log: '' });
      expect(seconds).toBeLessThan(10);
      expect(await container.log()).toContain('"msg":"stopping"');
    }
  });

  it('are found unhealthy when nothing answers', async () => {
    // A program that hangs: its process stands still, and only the check goes on.
    const hanging = await Container.start(
      ...[
        ...confined,
        ...checked,
        '--health-retries',
        '1',
        '--health-start-period',
        '0s',
        '--network',
        'none',
      ],
      ...[
        '--tmpfs',
        '/var/lib/haproxystats:uid=1000',
        '--env',
        'HAPROXYSTATS_PULL_SERVERS=tcp://127.0.0.1:1',
      ],
      ...[image, 'haproxystats-pull'],
    );
    try {
      await eventually(async () => expect((await hanging.state()).Health.Status).toBe('healthy'), {
        withinMs: 120_000,
      });
      await docker('kill', '--signal', 'SIGSTOP', hanging.id);
      await eventually(async () => expect((await hanging.state()).Health.Status).toBe('unhealthy'), {
        withinMs: 120_000,
      });
    } finally {
      await hanging.remove();
    }
  });
});
