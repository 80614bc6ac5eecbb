import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the client of Docker prints; rejects with what it complains of. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

export interface State {
  readonly Running: boolean;
  readonly ExitCode: number;
  readonly Health: { readonly Status: string; readonly Log: readonly { readonly Output: string }[] };
}

/** A container of the image under test, in the background. */
export class Container {
  private constructor(readonly id: string) {}

  static async start(...args: readonly string[]): Promise<Container> {
    return new Container(await docker('run', '--detach', ...args));
  }

  async state(): Promise<State> {
    return JSON.parse(await docker('inspect', '--format', '{{json .State}}', this.id)) as State;
  }

  /** Both streams: the programs write their log to standard error. */
  async log(): Promise<string> {
    const { stdout, stderr } = await run('docker', ['logs', this.id]);
    return stdout + stderr;
  }

  /** SIGTERM, and SIGKILL after half a minute, as Kubernetes does; answers the exit status and how long it took. */
  async stop(): Promise<{ readonly status: number; readonly seconds: number }> {
    const begun = performance.now();
    await docker('stop', '-t', '30', this.id);
    const seconds = (performance.now() - begun) / 1000;
    return { status: (await this.state()).ExitCode, seconds };
  }

  async remove(): Promise<void> {
    await docker('rm', '--force', '--volumes', this.id);
  }
}
