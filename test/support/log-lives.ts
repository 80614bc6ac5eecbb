import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export type Role = 'write' | 'read';

export interface LifeOptions {
  readonly folder: string;
  readonly role: Role;
  readonly where: 'here' | 'elsewhere';
  readonly number: number;
}

/** A process of one role at the log in `<folder>/log`, and what it has said. */
export class Life {
  readonly appended: number[] = [];
  readonly got: { id: number; offset: number }[] = [];
  readonly torn: number[] = [];
  /** It died at a call to the file system. */
  killedItself = false;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #isReady = false;

  constructor({ folder, role, where, number }: LifeOptions) {
    const program = [
      '--require',
      join(__dirname, 'typescript-hooks.cjs'),
      join(__dirname, 'directory-log-process.ts'),
    ];
    const args = [role, join(folder, 'log'), `${number}`, where];
    this.#child = spawn(process.execPath, [...program, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', TYPESCRIPT_HOOKS_CACHE: join(folder, 'cache') },
    });
    // Whom it does not reach any more has been killed already.
    this.#child.stdin!.on('error', () => undefined);
    this.#closed = once(this.#child, 'close');
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#hear(line));
  }

  /** `diesAt`: at this call to the file system it kills itself; 0: never. */
  begin(diesAt = 0): void {
    this.#child.stdin!.write(`${diesAt}\n`);
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Lives until it has killed itself, or for so long after it got ready; all it said has been heard then. Throws where it ended otherwise. */
  async lived(ms: number): Promise<void> {
    while (!this.#isReady && !this.isOver) await delay(2);
    for (const end = Date.now() + ms; !this.isOver && Date.now() < end;) await delay(2);
    this.killedItself = this.#child.signalCode === 'SIGKILL';
    await this.kill();
    const { exitCode } = this.#child;
    if (exitCode !== null) throw new Error(`a process ended by itself, with status ${exitCode}`);
  }

  /** kill -9; resolves when all it said has been heard. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #hear(line: string): void {
    const [what, id, offset] = line.split(' ');
    if (what === 'ready') this.#isReady = true;
    else if (what === 'appended') this.appended.push(Number(id));
    else if (what === 'got') this.got.push({ id: Number(id), offset: Number(offset) });
    else this.torn.push(Number(id));
  }
}

/** One place at a log, with one process after the other. The next one is loaded already when one dies. */
export class Lives {
  readonly all: Life[] = [];
  #next: Life;
  #started = 0;

  /** Their numbers begin with `first`, in steps of `step`. */
  constructor(
    private readonly options: Pick<LifeOptions, 'folder' | 'role' | 'where'> & {
      first: number;
      step: number;
    },
  ) {
    this.#next = this.#load();
  }

  /** A life with a violent end: at a random call to the file system, or at a random time. */
  async liveAndDie(): Promise<void> {
    const diesAt = Math.random() < 0.5 ? 0 : 1 + Math.floor(Math.random() * 90);
    await this.#begin(diesAt).lived(diesAt > 0 ? 500 : Math.random() * 60);
  }

  /** The last life, which goes on. */
  goOn(): void {
    this.#begin(0);
  }

  async end(): Promise<void> {
    await Promise.all([this.#next, ...this.all].map((life) => life.kill()));
  }

  #begin(diesAt: number): Life {
    const life = this.#next;
    this.all.push(life);
    life.begin(diesAt);
    this.#next = this.#load();
    return life;
  }

  #load(): Life {
    const { first, step, ...options } = this.options;
    return new Life({ ...options, number: first + step * this.#started++ });
  }
}
