import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort } from '../harness';
import { waitedMs } from './own-time';
import { HandMadeHAProxy, HandMadeRelay } from './hand-made-servers';
import { polledSlots } from './node-oracle';
import { Program } from './program';

/** Everything that a node and its programs need, in one directory, with what surrounds them in the test's hand. */
export class Place {
  readonly haproxy = new HandMadeHAProxy();
  readonly relay = new HandMadeRelay();
  readonly #programs: Program[] = [];
  statusPort = 0;
  directory!: string;

  async open(): Promise<this> {
    this.directory = await mkdtemp(join(tmpdir(), 'haproxystats-stop-'));
    await mkdir(join(this.directory, 'sockets'));
    await this.haproxy.listen({ path: join(this.directory, 'sockets/1.sock') });
    await this.relay.listen({ host: '127.0.0.1', port: 0 });
    this.statusPort = await freePort();
    return this;
  }

  async start(name: 'pull' | 'process' | 'run', more = ''): Promise<Program> {
    const file = join(this.directory, 'haproxystats.conf');
    const directory = join(this.directory, `${name}-${this.#programs.length}`);
    await mkdir(directory);
    await Promise.all([writeFile(file, this.#base()), writeFile(join(directory, 'more.conf'), more)]);
    const args = ['-f', file, '-d', directory];
    const program =
      name === 'run' ? Program.start('haproxystats', 'run', ...args) : Program.start(name, ...args);
    this.#programs.push(program);
    return program;
  }

  async get(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.statusPort}${path}`);
    return `${response.status} ${await response.text()}`;
  }

  async ready(): Promise<void> {
    await eventually(async () => expect(await this.get('/readyz')).toBe('200 ready\n'), { withinMs: 60_000 });
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop('SIGKILL')));
    await Promise.all([this.haproxy.close(), this.relay.close()]);
    await rm(this.directory, { recursive: true, force: true });
  }

  #base(): string {
    return `[paths]
base-dir = ${this.directory}/lib
[pull]
node = lb1
socket-dir = ${this.directory}/sockets
pull-interval = 1
pull-timeout = 0.9
status-port = ${this.statusPort}
[process]
status-port = ${this.statusPort}
src-dir = ${this.directory}/lib/incoming
[graphite]
server = 127.0.0.1
port = ${this.relay.port}
interval = 0.2
`;
  }
}

/** How long programs took to end, told when all tests of a file are over. */
export class StopTimes {
  readonly #told: string[] = [];

  constructor() {
    afterAll(() => process.stderr.write(`time from SIGTERM to the end:\n${this.#told.join('\n')}\n`));
  }

  note(what: string, result: string): void {
    this.#told.push(`  ${what.padEnd(64)} ${result}`);
  }

  /** Stops it; notes how long that took, and answers its status, that time in ms as far as it was ours, and by the clock. */
  async ended(what: string, program: Program, signal: NodeJS.Signals = 'SIGTERM') {
    const begun = performance.now();
    const stopped = program.stop(signal);
    const ms = Math.round(await waitedMs(stopped));
    const clockMs = performance.now() - begun;
    const status = await stopped;
    this.note(what, `${String(ms).padStart(6)} ms, status ${status}`);
    expect(program.complaints).toEqual([]);
    return { status, ms, clockMs };
  }
}

export const polls = (program: Program, count: number) =>
  eventually(() => expect(polledSlots(program).length).toBeGreaterThanOrEqual(count), { withinMs: 60_000 });
