import { rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { GenericContainer, StartedTestContainer } from 'testcontainers';
import { eventually } from '../eventually';
import type { Server } from '../servers';

export interface ContainerProgram {
  readonly container: GenericContainer;
  /** Rejects until the server answers. */
  readonly answers: () => Promise<void>;
  /** Of this server alone (makeServerDirectory), removed with it. */
  readonly directory?: string;
  /** What the directory is called inside, where users of the image write to it. */
  readonly foreign?: string;
}

/** A broker is formatted in it as well. */
const startsWithinMs = 100_000;

/** A server that is a container, started by testcontainers. */
export class ContainerServer implements Server {
  #isStopped = false;

  private constructor(
    private readonly program: ContainerProgram,
    private container: StartedTestContainer,
  ) {}

  /** Resolves when the server answers; leaves nothing behind when it does not. */
  static async started(program: ContainerProgram): Promise<ContainerServer> {
    const { directory, foreign, container } = program;
    const { Wait } = await import('testcontainers');
    if (directory !== undefined && foreign !== undefined)
      container.withBindMounts([{ source: directory, target: foreign, mode: 'rw' }]);
    const server = new ContainerServer(program, await container.withWaitStrategy(Wait.forAll([])).start());
    try {
      await server.#answers();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async start(): Promise<void> {
    if (this.program.foreign !== undefined) await this.#renew();
    else await (await this.#docker()).start();
    await this.#answers();
  }

  async kill(): Promise<void> {
    const docker = await this.#docker();
    const dead = docker.wait();
    await docker.kill({ signal: 'SIGKILL' });
    await dead;
  }

  async pause(): Promise<void> {
    await (await this.#docker()).kill({ signal: 'SIGSTOP' });
  }

  async resume(): Promise<void> {
    await (await this.#docker()).kill({ signal: 'SIGCONT' });
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { directory, foreign } = this.program;
    if (foreign !== undefined && process.getuid!() !== 0) await this.#handOver(foreign);
    await this.container.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Data on the host outlive their container. A new one has no pid file of the image's; pids in containers are soon the same again. */
  async #renew(): Promise<void> {
    await this.container.stop();
    this.container = await this.program.container.start();
  }

  /** Gives what the container has written to this process's user, who could not remove it otherwise. */
  async #handOver(directory: string): Promise<void> {
    if (!(await this.#isRunning())) await this.start();
    const owner = `${process.getuid!()}:${process.getgid!()}`;
    const { exitCode, output } = await this.container.exec(['chown', '-R', owner, directory], {
      user: 'root',
    });
    if (exitCode !== 0) throw new Error(`chown of ${directory} inside the container failed: ${output}`);
  }

  async #answers(): Promise<void> {
    await eventually(async () => ((await this.#isRunning()) ? this.program.answers() : undefined), {
      withinMs: startsWithinMs,
    });
    if (!(await this.#isRunning()))
      throw new Error(`the container ended at once: ${await this.#lastLines()}`);
  }

  async #isRunning(): Promise<boolean> {
    const { State } = await (await this.#docker()).inspect();
    return State.Running;
  }

  async #lastLines(): Promise<string> {
    return text(await this.container.logs({ tail: 10 }));
  }

  async #docker() {
    const { getContainerRuntimeClient } = await import('testcontainers');
    return (await getContainerRuntimeClient()).container.getById(this.container.getId());
  }
}
