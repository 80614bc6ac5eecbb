import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ContainedChild, type Child } from '../harness/containers/contained-child';
import { bearWitness } from '../harness/eventually';

const root = join(__dirname, '../..');

export const mains = {
  pull: 'dist/apps/puller/src/main.js',
  process: 'dist/apps/processor/src/main.js',
  haproxystats: 'dist/apps/haproxystats/src/main.js',
} as const;

/** What the programs are called in our image. */
const commands: Readonly<Record<keyof typeof mains, string>> = {
  pull: 'haproxystats-pull',
  process: 'haproxystats-process',
  haproxystats: 'haproxystats',
};

/** Of the environment of the tests what counts for a program in a container too. */
const passedOn = ['NODE_OPTIONS', 'TMPDIR', 'TZ'];
/** Tests keep all their files there. */
const shared = tmpdir();
let image: string | undefined;

/** From now on programs run in containers of this image of ours; undefined: as they were built for this machine. */
export function runProgramsFrom(ours: string | undefined): void {
  image = ours;
}

/** One line of a program's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A program of ours, as a process of its own, or as a container of its own where our image was made. */
export class Program {
  readonly log: LogLine[] = [];
  /** What stood on standard error without being a log line. */
  readonly complaints: string[] = [];
  output = '';
  readonly exited: Promise<number | null>;

  private constructor(
    private readonly name: string,
    readonly child: Child,
  ) {
    createInterface({ input: child.stderr! }).on('line', (line) => this.#take(line));
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.exited = once(child, 'close').then(([code]) => code as number | null);
    running.add(this);
    child.once('exit', () => running.delete(this));
  }

  static start(name: keyof typeof mains, ...args: string[]): Program {
    return new Program(name, image === undefined ? spawned(name, args) : contained(image, name, args));
  }

  /** As a process of this machine in any case, for tests of the pipe that it writes to: a container's is read by the engine. */
  static startHere(name: keyof typeof mains, ...args: string[]): Program {
    return new Program(name, spawned(name, args));
  }

  /** Ends it in order; answers its exit status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }

  lines(msg: string | RegExp): LogLine[] {
    return this.log.filter((line) => (typeof msg === 'string' ? line.msg === msg : msg.test(line.msg)));
  }

  /** The end of its log, for the message of a test that fails. */
  tail(lines = 15): string {
    const log = this.log.slice(-lines).map((line) => JSON.stringify(line).slice(0, 600));
    return [
      `${this.name} (exit ${this.child.exitCode ?? 'none'}):`,
      ...log,
      ...this.complaints.slice(-lines),
    ].join('\n');
  }

  #take(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.complaints.push(line);
    }
  }
}

function spawned(name: keyof typeof mains, args: readonly string[]): Child {
  const main = join(root, mains[name]);
  if (!existsSync(main)) throw new Error(`${mains[name]} is not there: npm run build`);
  return spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: ownEnvironment(),
  });
}

function contained(from: string, name: keyof typeof mains, args: readonly string[]): Child {
  const set = Object.entries(process.env).filter(([variable]) => passedOn.includes(variable));
  const env = Object.fromEntries(set);
  return new ContainedChild({ image: from, command: [commands[name], ...args], env, directory: shared });
}

/** Variables of the tests are no settings of the programs. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('HAPROXYSTATS_')),
  );
}

const running = new Set<Program>();
process.on('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});
// Where a test fails on a machine that nobody can look at, this is all that is known of it.
bearWitness(() => [...running].map((program) => program.tail(5)).join('\n'));
