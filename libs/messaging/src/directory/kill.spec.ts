import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const support = resolve(__dirname, '../../../../test/support');
const kills = 36;

type Role = 'write' | 'read';

/** A process of one role and what it has said. */
class Side {
  readonly appended: number[] = [];
  readonly got: { id: number; offset: number }[] = [];
  readonly torn: number[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  ready = false;

  constructor(folder: string, { role, life }: { role: Role; life: number }) {
    this.#child = spawn(
      process.execPath,
      [
        '--require',
        join(support, 'typescript-hooks.cjs'),
        join(support, 'directory-log-process.ts'),
        role,
        join(folder, 'log'),
        `${life}`,
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '', TYPESCRIPT_HOOKS_CACHE: join(folder, 'cache') },
      },
    );
    this.#closed = once(this.#child, 'close');
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#hear(line));
  }

  async started(): Promise<this> {
    while (!this.ready) {
      if (this.#child.exitCode !== null)
        throw new Error(`the process ended by itself: ${this.#child.exitCode}`);
      await delay(5);
    }
    return this;
  }

  /** kill -9; resolves when all it said has been heard. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null)
      throw new Error(`the process ended by itself: ${this.#child.exitCode}`);
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #hear(line: string): void {
    const [what, id, offset] = line.split(' ');
    if (what === 'ready') this.ready = true;
    else if (what === 'appended') this.appended.push(Number(id));
    else if (what === 'got') this.got.push({ id: Number(id), offset: Number(offset) });
    else this.torn.push(Number(id));
  }
}

describe('a directory log whose writer and reader are killed', () => {
  let folder: string;
  const lives: Record<Role, Side[]> = { write: [], read: [] };
  const current = new Map<Role, Side>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kill-'));
    await mkdir(join(folder, 'cache'));
  });

  afterAll(async () => {
    await Promise.all([...current.values()].map((side) => side.kill()));
    await rm(folder, { recursive: true });
  });

  async function start(role: Role): Promise<void> {
    const side = new Side(folder, { role, life: lives[role].length + 1 });
    current.set(role, side);
    lives[role].push(side);
    await side.started();
  }

  async function kill(role: Role): Promise<void> {
    const side = current.get(role)!;
    current.delete(role);
    await side.kill();
  }

  it(`loses, tears and reorders nothing over ${kills} kills`, async () => {
    await start('write');
    await start('read');
    for (let n = 0; n < kills; n++) {
      await delay(Math.random() * 60);
      const role = Math.random() < 0.5 ? 'write' : 'read';
      await kill(role);
      await start(role);
    }
    await kill('write');
    const acknowledged = lives.write.flatMap(({ appended }) => appended);
    const got = (): number[] => lives.read.flatMap((side) => side.got.map(({ id }) => id));
    for (const end = Date.now() + 20_000; !got().includes(acknowledged.at(-1)!) && Date.now() < end;) {
      await delay(20);
    }
    await kill('read');

    const delivered = new Set(got());
    expect(acknowledged.length).toBeGreaterThan(kills);
    expect(acknowledged.filter((id) => !delivered.has(id))).toEqual([]);
    expect(lives.read.flatMap(({ torn }) => torn)).toEqual([]);
    for (const { got: handed } of lives.read) {
      for (const key of ['id', 'offset'] as const) {
        const seen = handed.map((one) => one[key]);
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      }
    }
    // Handed over, and killed before the commit: that is all that comes twice.
    expect(got().length - delivered.size).toBeLessThanOrEqual(lives.read.length);
    expect(await readdir(join(folder, 'log', 'bad'))).toEqual([]);
    expect((await readdir(join(folder, 'log'))).length).toBeLessThan(60);
  }, 180_000);
});
