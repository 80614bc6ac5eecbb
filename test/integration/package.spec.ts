import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { eventually } from '../harness';
import { documented } from '../support/documented-consumers';
import { FakeRelay } from '../support/fake-relay';
import { describeWithPackages, InstalledPackage } from '../support/installed-package';
import { Site } from '../support/site';

const root = resolve(__dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const programs = ['haproxystats', 'haproxystats-process', 'haproxystats-pull'];
const leftover = 'libs/runtime/src/of-an-older-tree.js';

describeWithPackages(
  'the package, packed in a clean clone and installed under an empty prefix',
  (servers) => {
    let installed: InstalledPackage;
    let paths: string[];

    beforeAll(async () => {
      installed = await InstalledPackage.make(leftover);
      paths = installed.packed.files.map(({ path }) => path);
    }, 600_000);
    afterAll(() => installed.remove());

    describe('holds', () => {
      it('the programs, their pages, and what programs of others read with', () => {
        expect(paths).toEqual(
          expect.arrayContaining([
            'CHANGELOG.md',
            'LICENSE',
            'README.md',
            'docs/RUNNING.md',
            'dist/apps/haproxystats/src/main.js',
            'dist/apps/processor/src/main.js',
            'dist/apps/puller/src/main.js',
            'dist/libs/messaging/src/results/index.js',
            'libs/messaging/consumers.d.ts',
          ]),
        );
      });

      it('nothing else: no tests, no sources, no maps, no file of an older build', () => {
        const expected = [
          /^(CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|README\.md|package\.json)$/,
          // What the pages link to.
          /^(demo|k8s)\/README\.md$/,
          /^docs\/.+\.md$/,
          /^dist\/(apps|libs)\/.+\.js(on)?$/,
          /^libs\/messaging\/(README\.md|consumers\.d\.ts|src\/schemas\/[\w.]+\.json)$/,
        ];
        expect(paths.filter((path) => !expected.some((pattern) => pattern.test(path)))).toEqual([]);
        expect(paths.filter((path) => /\.(spec|contract)\.|^dist\/.*\/test\//.test(path))).toEqual([]);
        expect(paths).not.toContain(`dist/${leftover}`);
        const built = paths.filter((path) => path.startsWith('dist/') && path.endsWith('.js'));
        expect(built.filter((path) => !existsSync(sourceOf(path)))).toEqual([]);
        const mapped = built.filter((path) =>
          readFileSync(join(installed.home, path), 'utf8').includes('# sourceMap'),
        );
        expect(mapped).toEqual([]);
      });

      it('the schemas that docs/CONSUMERS.md leads to', () => {
        const page = readFileSync(join(installed.home, 'docs/CONSUMERS.md'), 'utf8');
        const schemas = [...page.matchAll(/\]\((\.\.\/[^)]+\.json)\)/g)].map(([, path]) => path!);
        expect(schemas.length).toBe(2);
        for (const path of schemas) expect(existsSync(join(installed.home, 'docs', path))).toBe(true);
      });

      it('little', () => {
        expect(installed.packed.size).toBeLessThan(800_000);
        expect(installed.packed.unpackedSize).toBeLessThan(2_500_000);
      });
    });

    describe('gives three programs, which', () => {
      it('are all that it puts on the path', async () => {
        expect((await readdir(installed.bin)).sort()).toEqual(programs);
      });

      it.each(programs)('tell their version and how they are used: %s', async (program) => {
        expect(await installed.run(program, ['--version'])).toEqual({
          status: 0,
          stdout: `haproxystats ${version}\n`,
          stderr: '',
        });
        const help = await installed.run(program, ['--help']);
        expect(help).toMatchObject({ status: 0, stderr: '' });
        expect(help.stdout).toContain(`Usage: ${program} `);
      });

      it('say on a Node.js that is too old which one they need', async () => {
        const place = await installed.place('old-node');
        // As before Node.js 20.19, where CommonJS cannot load an ES module.
        const old = join(place, 'old.cjs');
        await writeFile(old, "Object.defineProperty(process.versions, 'node', { value: '18.20.0' });\n");
        const NODE_OPTIONS = `--no-experimental-require-module --require ${old}`;
        for (const program of programs) {
          expect(await installed.run(program, ['--version'], { NODE_OPTIONS })).toMatchObject({
            status: 1,
            stdout: '',
            stderr: expect.stringMatching(
              /^haproxystats needs Node\.js 24 or newer, this is 18\.20\.0/,
            ) as string,
          });
        }
      });
    });

    describe('beside two real HAProxy processes', () => {
      let site: Site;
      let relay: FakeRelay;
      let file: string;
      const prefix = 'loadbalancers.lb1.haproxy';

      beforeAll(async () => {
        const directory = await installed.place('node');
        await mkdir(join(directory, 'sockets'));
        site = await Site.start(servers, { directory: join(directory, 'sockets'), processes: 2 });
        relay = await FakeRelay.start();
        file = join(directory, 'haproxystats.conf');
        await writeFile(
          file,
          `[paths]
base-dir = ${directory}/lib
[pull]
node = lb1
socket-dir = ${directory}/sockets
pull-interval = 1
status-port = 0
[process]
status-port = 0
[graphite]
server = ${relay.address.host}
port = ${relay.address.port}
`,
        );
      });
      afterAll(async () => {
        await relay.stop();
        await site.stop();
      });

      const complete = () =>
        relay.lines.filter((line) => line.startsWith(`${prefix}.coverage.complete 1 `)).length;

      it('finds no fault in its configuration', async () => {
        expect(await installed.run('haproxystats', ['config', '--check', file])).toMatchObject({
          status: 0,
          stdout: `${file}: no faults\n`,
        });
      });

      it('polls once and delivers, in one process', async () => {
        const { status, stdout } = await installed.run('haproxystats', ['run', '-f', file, '--polls', '1']);
        expect(status).toBe(0);
        expect(stdout).toContain('1 complete, 0 partial');
        expect(complete()).toBe(1);
        expect(relay.lines.filter((line) => line.startsWith(`${prefix}.frontend.web.stot `)).length).toBe(1);
      });

      it('polls and delivers, in two', async () => {
        const before = complete();
        const running = ['haproxystats-pull', 'haproxystats-process'].map((name) =>
          installed.start(name, '-f', file),
        );
        const ends = Promise.all(running.map((program) => once(program, 'exit')));
        try {
          await eventually(() => expect(complete()).toBeGreaterThan(before + 1), { withinMs: 60_000 });
        } finally {
          for (const program of running) program.kill('SIGTERM');
        }
        expect(await ends).toEqual([
          [0, null],
          [0, null],
        ]);
      });
    });

    describe('is imported by programs in TypeScript', () => {
      let place: string;
      let said: string;

      /** Compiled as a user's project is, every typing checked. */
      beforeAll(async () => {
        place = await installed.place('dashboard');
        await mkdir(join(place, 'node_modules'));
        await symlink(installed.home, join(place, 'node_modules', 'haproxystats'));
        await symlink(
          join(installed.home, 'node_modules', 'kafkajs'),
          join(place, 'node_modules', 'kafkajs'),
        );
        await writeFile(join(place, 'documented.ts'), documented.get('typescript')!.code);
        await writeFile(join(place, 'wrong.ts'), wrong);
        await writeFile(join(place, 'reads.mts'), reads);
        const flags = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', 'false'];
        const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
        const tsc = join(root, 'node_modules/typescript/bin/tsc');
        const files = ['documented.ts', 'wrong.ts', 'reads.mts'];
        const options = { cwd: place, encoding: 'utf8' } as const;
        said = spawnSync(process.execPath, [tsc, ...flags, ...types, ...files], options).stdout;
      });

      it('as docs/CONSUMERS.md has it, and is told by the compiler what it does wrong', () => {
        expect(said.trim().split('\n')).toEqual([
          expect.stringMatching(/^wrong\.ts\(2,\d+\): error TS2345: .*'ReadMetrics'/) as string,
        ]);
      });

      it('and reads a record, as an ES module too', () => {
        const output = execFileSync(process.execPath, ['reads.mjs'], { cwd: place, encoding: 'utf8' });
        expect(output).toBe('edge//frontend/web 7 4\n');
      });
    });
  },
);

const wrong = "import { LatestPerKey } from 'haproxystats';\nnew LatestPerKey().take('record');\n";

const record = {
  ...{ scope: 'cluster', cluster: 'edge', node: '', kind: 'frontend', proxy: 'web', slot: 1.7e12 },
  ...{ interval_ms: 10_000, part: 0, parts: 1, metrics: { stot: 7 }, servers: [], listeners: [] },
  coverage: { covered: 3, expected: 4, nodes_seen: 2, nodes_expected: 2, complete: false, late: false },
};
const reads = `
import { LatestPerKey, RecordDecoder, metricsKey } from 'haproxystats';
const latest = new LatestPerKey({ maxKeys: 10 });
new RecordDecoder().decodeMetrics(Buffer.from('${JSON.stringify(record)}')).then((read) => {
  latest.take(read);
  console.log(metricsKey(read), latest.get(metricsKey(read))?.metrics.get('stot'), read.coverage.expected);
});
`;

/** The source of a file of dist. */
function sourceOf(path: string): string {
  return join(root, path.replace(/^dist\//, '').replace(/\.js$/, '.ts'));
}
