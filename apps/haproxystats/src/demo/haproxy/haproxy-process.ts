import { spawn, type ChildProcess } from 'node:child_process';
import { Backoff, type Clock, type Logger } from '@haproxystats/runtime';
import { ask } from './ask';
import type { Guard } from '../guard';

export interface HaproxyProcessOptions {
  readonly binary: string;
  readonly configFile: string;
  readonly socket: string;
  readonly guard: Guard;
  readonly clock: Clock;
  readonly logger: Logger;
}

const startMs = 5000;
const stopMs = 3000;
const mostComplaints = 8192;

/** HAProxy ended instead of serving; the message is what it said. */
export class HaproxyStartError extends Error {
  override readonly name = 'HaproxyStartError';
}

/** One HAProxy in the foreground, in a session of its own so that Ctrl-C does not reach it. */
export class HaproxyProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #complaints = '';
  #running = true;
  #stopping = false;

  private constructor(private readonly options: HaproxyProcessOptions) {
    this.#child = spawn(options.binary, ['-db', '-f', options.configFile], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#hear(error.message);
        this.#end(resolve);
      });
      this.#child.once('close', () => this.#end(resolve));
    });
    if (this.#child.pid !== undefined) options.guard.watch(this.#child.pid);
  }

  /** Resolves when its stats socket answers; rejects, with the process gone, when that takes more than 5 s. */
  static async start(options: HaproxyProcessOptions): Promise<HaproxyProcess> {
    const haproxy = new HaproxyProcess(options);
    const problem = await haproxy.#untilReady();
    if (problem === undefined) return haproxy;
    await haproxy.stop();
    throw new HaproxyStartError(haproxy.#complaints.trim() || problem);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#running) this.#child.kill('SIGTERM');
    const patience = new AbortController();
    const ended = this.#ended.then(() => patience.abort());
    await this.options.clock.sleep(stopMs, patience.signal);
    if (this.#running) this.#child.kill('SIGKILL');
    await ended;
  }

  async #untilReady(): Promise<string | undefined> {
    const { clock, socket } = this.options;
    const backoff = new Backoff({ firstMs: 20, factor: 1.5, maxMs: 250 });
    const deadline = clock.monotonic() + startMs;
    let problem = 'it ended at once';
    while (this.#running && clock.monotonic() < deadline) {
      try {
        if ((await ask(socket, 'show info', startMs)).startsWith('Name:')) return undefined;
        problem = `${socket} gives no statistics`;
      } catch (error) {
        problem = String(error);
      }
      await clock.sleep(backoff.next());
    }
    return problem;
  }

  #hear(text: string): void {
    this.#complaints = (this.#complaints + text).slice(0, mostComplaints);
  }

  #end(resolve: () => void): void {
    this.#running = false;
    const { guard, logger, socket } = this.options;
    if (this.#child.pid !== undefined) guard.forget(this.#child.pid);
    if (!this.#stopping)
      logger.warn({ socket, said: this.#complaints.trim() }, 'demo: a haproxy process has ended by itself');
    resolve();
  }
}
