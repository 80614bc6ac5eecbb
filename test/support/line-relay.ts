import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type RelayManner = 'fast' | 'slow' | 'pausing' | 'early';

/** A relay as a process that can be killed and started again; its files outlive it (killable-relay.mjs). */
export class LineRelay {
  readonly host = '127.0.0.1';
  readonly lines: string;
  readonly #events: string;
  #child: ChildProcess | undefined;
  #port = 0;
  /** Connections that brought bytes and had not ended when it was killed, in all its lives. */
  #open = 0;

  constructor(directory: string, name: string) {
    this.lines = join(directory, `${name}.lines`);
    this.#events = join(directory, `${name}.events`);
  }

  /** The same in every life. */
  get port(): number {
    return this.#port;
  }

  async start(manner: RelayManner): Promise<void> {
    const script = join(__dirname, 'killable-relay.mjs');
    const child = spawn(process.execPath, [script, String(this.#port), this.lines, this.#events, manner], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    this.#port = Number(String(port));
  }

  /** kill -9. Answers how many connections were in the middle of a batch. */
  async kill(): Promise<number> {
    const child = this.#child!;
    const gone = once(child, 'close');
    child.stdin!.end('x');
    await gone;
    const inFlight = this.inFlight();
    this.#open += inFlight;
    return inFlight;
  }

  /** Connections in the middle of a batch now. */
  inFlight(): number {
    return this.#count('+') - this.#count('-') - this.#open;
  }

  /** It has ended a connection. */
  hasEndedOne(): boolean {
    return this.#count('-') > 0;
  }

  /** Lives that ended while bytes waited for it to read them. */
  get unreadAtDeath(): number {
    return this.#count('!');
  }

  #count(event: string): number {
    return readFileSync(this.#events, 'latin1').split(event).length - 1;
  }
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
