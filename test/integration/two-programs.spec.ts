import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, eventually, type CarbonServer } from '../harness';
import { pointSince, polledSlots, untilEqualToSums, wholePolls } from '../support/node-oracle';
import { Program } from '../support/program';
import { Site } from '../support/site';

describeWith(['haproxy', 'carbon'], "the original's two programs, joined by a directory", (servers) => {
  const prefix = 'loadbalancers.lb1.haproxy';
  let directory: string;
  let file: string;
  let carbon: CarbonServer;
  let site: Site;
  let puller: Program;
  let processor: Program;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haproxystats-two-'));
    file = join(directory, 'haproxystats.conf');
    await mkdir(join(directory, 'sockets'));
    carbon = await servers.carbon();
    site = await Site.start(servers, { directory: join(directory, 'sockets'), processes: 2 });
    // As people have it for the original: misspelt, with options that mean nothing here, and an interpolation.
    await writeFile(
      file,
      `[DEFAULT]
loglevel = info
[paths]
base-dir = ${directory}/lib
[pull]
node = lb1.example.com
socket-dir = ${directory}/sockets
pull-interval = 1
dst-dir = \${paths:base-dir}/incoming
tmp-dst-dir = \${paths:base-dir}/incoming.tmp
workers = 8
status-port = 0
[process]
src-dir = \${paths:base-dir}/incoming
workers = 4
status-port = 0
[graphite]
server = ${carbon.host}
port = ${carbon.port}
interval = 0.2
prefix_hostname = true
fqdn = false
[local-store]
dir = \${paths:base-dir}/store
`,
    );
    puller = Program.start('pull', '-f', file);
    processor = Program.start('process', '-f', file);
  });
  afterAll(async () => {
    await Promise.all([puller, processor].map((program) => program.stop('SIGKILL')));
    await site.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('bring the sums of both processes to carbon', async () => {
    await site.visit(200);
    await pointSince(carbon, `${prefix}.coverage.complete`, Math.ceil(Date.now() / 1000) + 1);
    expect(await untilEqualToSums(carbon, prefix, site.sockets)).toBeGreaterThan(80);
  });

  it('say what is misspelt and what has no effect, once', () => {
    const warnings = processor.log
      .filter(({ level }) => level === 'warn')
      .map(({ msg, line }) => `${String(line)}: ${msg}`);
    expect(warnings.join('\n')).toMatch(/'prefix_hostname'.*'prefix-hostname'/);
    expect(warnings.filter((warning) => warning.includes('workers')).length).toBe(2);
  });

  it('lose no poll when the processor is killed and comes back', async () => {
    processor.child.kill('SIGKILL');
    await processor.exited;
    const before = polledSlots(puller).length;
    await eventually(() => expect(polledSlots(puller).length).toBeGreaterThan(before + 2));
    processor = Program.start('process', '-f', file);
    const [slots, whole] = [polledSlots(puller), new Set(wholePolls(puller))];
    await eventually(
      async () => {
        const stored = new Map(await carbon.points(`${prefix}.coverage.complete`));
        expect(slots.filter((slot) => stored.get(slot) !== Number(whole.has(slot)))).toEqual([]);
      },
      { withinMs: 60_000 },
    );
  });

  it('keep every poll in the local store as well, whole', async () => {
    const stats = (slot: number): string => join(directory, `lib/store/${slot}/lb1.example.com/stats`);
    const [slots, whole] = [polledSlots(puller), new Set(wholePolls(puller))];
    // What piled up while the processor was dead may come behind what is new.
    await eventually(() => Promise.all(slots.map((slot) => access(stats(slot)))), { withinMs: 60_000 });
    const stored = await Promise.all(slots.map((slot) => readFile(stats(slot), 'utf8')));
    const wrong = slots.filter(
      (slot, i) => !stored[i]!.includes(`${prefix}.coverage.complete ${Number(whole.has(slot))} ${slot}\n`),
    );
    expect(wrong).toEqual([]);
    expect(stored.filter((text) => !/^(\S+ \S+ \d+\n)+$/.test(text))).toEqual([]);
  });

  it('leave nothing behind in the queue but the newest polls, which the next one may follow or join', async () => {
    expect(await puller.stop()).toBe(0);
    await eventually(async () => {
      const left = (await readdir(join(directory, 'lib/incoming'))).filter((name) => name.endsWith('.rec'));
      expect(left.length).toBeLessThanOrEqual(4);
    });
    expect(await processor.stop()).toBe(0);
  });

  it('refuse to run twice on one directory', async () => {
    puller = Program.start('pull', '-f', file);
    await eventually(() => expect(puller.lines(/^polled/).length).toBeGreaterThan(0));
    const second = Program.start('pull', '-f', file);
    expect(await second.exited).toBe(1);
    expect(second.log.at(-1)?.msg).toContain(join(directory, 'lib/incoming'));
  });
});
