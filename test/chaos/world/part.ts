import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeServer } from '../../harness/native/native-server';

export type PartKind = 'puller' | 'processor' | 'broker' | 'redis' | 'relay';

export interface Kill {
  readonly kind: PartKind;
  readonly name: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Known to have come in the midst of something. */
  readonly isHit?: boolean;
}

/** A process of the suite that faults befall; started again when it ends by itself, as systemd would. */
export class Part {
  #wanted = true;
  #exits = 0;

  constructor(
    readonly kind: PartKind,
    readonly name: string,
    private readonly server: NativeServer,
  ) {}

  /** How often it ended without being killed by the suite. */
  get exits(): number {
    return this.#exits;
  }

  get running(): boolean {
    return this.server.pid !== undefined;
  }

  /** SIGKILL; nothing where it does not run. */
  async kill(): Promise<Kill> {
    this.#wanted = false;
    const at = Date.now();
    if (this.running) await this.server.kill();
    return { kind: this.kind, name: this.name, at };
  }

  /** Waits for its end, which something else has been told to bring about. */
  async ended(withinMs: number): Promise<Kill | undefined> {
    this.#wanted = false;
    for (const end = Date.now() + withinMs; this.running;) {
      if (Date.now() > end) return undefined;
      await sleep(5);
    }
    return { kind: this.kind, name: this.name, at: Date.now() };
  }

  async pause(): Promise<void> {
    if (this.running) await this.server.pause();
  }

  /** Runs again, whatever befell it. */
  async heal(): Promise<void> {
    if (this.running) await this.server.resume();
    else await this.server.start();
    this.#wanted = true;
  }

  /** Starts it where it ended by itself; nothing while it is meant to be down. */
  async supervise(): Promise<void> {
    if (!this.#wanted || this.running) return;
    this.#exits++;
    this.#wanted = false;
    await this.heal();
  }

  signal(signal: NodeJS.Signals): void {
    if (this.server.pid !== undefined) process.kill(this.server.pid, signal);
  }

  /** Resident memory in MiB; 0 when it does not run. */
  async residentMiB(): Promise<number> {
    const pid = this.server.pid;
    if (pid === undefined) return 0;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  }

  stop(): Promise<void> {
    this.#wanted = false;
    return this.server.stop();
  }
}
