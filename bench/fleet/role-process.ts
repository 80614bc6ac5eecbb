import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeServerDirectory } from '../../test/harness/run-directory';
import { ownEnvironment } from '../../test/support/program';
import { cpuSecondsOf, peakRssMegabytesOf } from '../proc-figures';
import type { FleetServers } from './servers';

const main = join(__dirname, '../../dist/apps/processor/src/main.js');
const stopMs = 10_000;
/** Where V8 writes profiles of the roles, to find out what a figure is made of. */
const profiles = process.env['BENCH_PROFILES'];

/** haproxystats-process with one role, as it is built. */
export class RoleProcess {
  private constructor(
    readonly role: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(role: string, { brokers, redisUrl }: FleetServers): Promise<RoleProcess> {
    if (!existsSync(main)) throw new Error(`${main} is not built: npm run build`);
    const directory = await makeServerDirectory(role);
    const file = join(directory, 'haproxystats.conf');
    const config = [
      '[DEFAULT]',
      'loglevel = error',
      '[process]',
      `roles = ${role}`,
      'status-port = 0',
      '[kafka]',
      `brokers = ${brokers.join()}`,
      '[redis]',
      `url = ${redisUrl}`,
      '',
    ];
    await writeFile(file, config.join('\n'));
    const profiled = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}/${role}`];
    const child = spawn(process.execPath, [...profiled, main, '-f', file], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: ownEnvironment(),
    });
    // By its file whoever clears up behind a killed run knows it.
    await writeFile(join(directory, 'pid'), String(child.pid));
    return new RoleProcess(role, child);
  }

  get cpuSeconds(): number {
    return cpuSecondsOf(this.#pid);
  }

  get peakRssMegabytes(): number {
    return peakRssMegabytesOf(this.#pid);
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill();
    const inTime = await Promise.race([ended.then(() => true), pause(stopMs, false, { ref: false })]);
    if (!inTime) this.child.kill('SIGKILL');
  }

  get #pid(): number {
    if (this.#hasEnded || this.child.pid === undefined)
      throw new Error(`the processor with the role ${this.role} has ended while it was measured`);
    return this.child.pid;
  }

  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
