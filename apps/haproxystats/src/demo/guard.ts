import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Logger } from '@haproxystats/runtime';

/**
 * Reads `watch PID`, `forget PID` and `done` from its standard input. When the input ends without `done`, the program
 * at the other end is dead, however it died: kills what it watched and removes its directory.
 */
export const guardScript = `
pids=
while read -r word pid; do
  case $word in
    watch) pids="$pids $pid" ;;
    forget)
      kept=
      for each in $pids; do [ "$each" = "$pid" ] || kept="$kept $each"; done
      pids=$kept ;;
    done) exit 0 ;;
  esac
done
[ -n "$pids" ] && kill -9 $pids
rm -rf -- "$1"
`;

export interface GuardOptions {
  /** Removed when the program dies before `release`. */
  readonly directory: string;
  readonly logger: Logger;
}

/** Sees to it that processes and files of the demo do not outlive this program, not even after its SIGKILL. */
export class Guard {
  readonly #pids = new Set<number>();
  readonly #shell: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #onExit = (): void => this.#cleanUp();

  constructor(private readonly options: GuardOptions) {
    // A session of its own, so that Ctrl-C reaches this program only.
    this.#shell = spawn('/bin/sh', ['-c', guardScript, 'haproxystats-demo-guard', options.directory], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.unref();
    this.#shell.stdin?.on('error', this.#report);
    this.#ended = new Promise((resolve) => {
      this.#shell.once('exit', () => resolve());
      this.#shell.once('error', (error) => {
        this.#report(error);
        resolve();
      });
    });
    process.on('exit', this.#onExit);
  }

  watch(pid: number): void {
    this.#pids.add(pid);
    this.#shell.stdin?.write(`watch ${pid}\n`);
  }

  /** The process has ended; its number may soon be another's. */
  forget(pid: number): void {
    if (this.#pids.delete(pid)) this.#shell.stdin?.write(`forget ${pid}\n`);
  }

  /** Resolves when the guard has ended, leaving alone whatever is still there. */
  release(): Promise<void> {
    process.off('exit', this.#onExit);
    // Waited for from now on: without it Node.js may find nothing left to wait for.
    this.#shell.ref();
    this.#shell.stdin?.end('done\n');
    return this.#ended;
  }

  #report = (error: Error): void => {
    this.options.logger.warn(
      { err: error },
      'demo: no guard: after a SIGKILL of this program, haproxy would go on',
    );
  };

  #cleanUp(): void {
    for (const pid of this.#pids) killIfThere(pid);
    rmSync(this.options.directory, { recursive: true, force: true });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended a moment ago, which is what is wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
