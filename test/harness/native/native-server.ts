import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../eventually';
import type { Server } from '../servers';
import { stopInItsTracks } from '../stop-in-its-tracks';

export interface NativeProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Of this server alone (makeServerDirectory): its files and working directory, removed with it. */
  readonly directory: string;
  /** In place of the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Rejects until the server answers. */
  readonly answers: () => Promise<void>;
}

const startsWithinMs = 60_000;

/** A server that is a process of this machine. */
export class NativeServer implements Server {
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  readonly #pidFile: string;
  readonly #log: string;

  private constructor(private readonly program: NativeProgram) {
    this.#pidFile = join(program.directory, 'pid');
    this.#log = join(program.directory, 'output.log');
  }

  /** Resolves when the server answers; leaves nothing behind when it does not. */
  static async started(program: NativeProgram): Promise<NativeServer> {
    const server = new NativeServer(program);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Undefined when it does not run: it was killed, or ended by itself. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    const { command, answers } = this.program;
    if (this.#process) throw new Error(`${command} is running`);
    const child = await this.#spawn();
    const hasEnded = () => this.#process !== child;
    await eventually(() => (hasEnded() ? undefined : answers()), { withinMs: startsWithinMs, everyMs: 50 });
    if (hasEnded()) throw new Error(`${command} ended at once: ${await this.#lastLines()}`);
  }

  async kill(): Promise<void> {
    this.#running.kill('SIGKILL');
    await this.#ended;
  }

  /** Resolves when none of its threads runs any more. */
  async pause(): Promise<void> {
    await stopInItsTracks(this.#running.pid!);
  }

  resume(): Promise<void> {
    this.#running.kill('SIGCONT');
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    if (this.#process) await this.kill();
    await rm(this.program.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #spawn(): Promise<ChildProcess> {
    const { command, args, directory, env } = this.program;
    const log = await open(this.#log, 'a');
    const stdio: StdioOptions = ['ignore', log.fd, log.fd];
    const child = spawn(command, args, { cwd: directory, stdio, ...(env && { env }) });
    this.#ended = once(child, 'exit').then(() => this.#forget());
    await once(child, 'spawn').finally(() => log.close());
    if (child.exitCode === null && child.signalCode === null) {
      this.#process = child;
      await writeFile(this.#pidFile, `${child.pid}`);
    }
    return child;
  }

  async #forget(): Promise<void> {
    this.#process = undefined;
    await rm(this.#pidFile, { force: true });
  }

  get #running(): ChildProcess {
    if (!this.#process) throw new Error(`${this.program.command} is not running`);
    return this.#process;
  }

  async #lastLines(): Promise<string> {
    const output = await readFile(this.#log, 'utf8');
    return output.trim().split('\n').slice(-10).join('\n');
  }
}
