import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { labelsOfRun, ownUser } from './container';

export interface ContainedProgram {
  readonly image: string;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Has the same path on this machine and in the container, and is all that the two share. */
  readonly directory: string;
}

/** Of a child process what tests use. */
export type Child = EventEmitter &
  Pick<ChildProcess, 'stdout' | 'stderr' | 'exitCode' | 'signalCode' | 'kill'>;

/** What Docker answers where a container was killed by SIGKILL. */
const killedStatus = 128 + 9;
const cannotStartStatus = 125;

/**
 * A program in a container of its own, used like a child process: confined as docs/IMAGE.md has it, on the network of this machine, and
 * under an init, for tests stop programs as soon as they are started. Whoever does not read its output holds it up.
 */
export class ContainedChild extends EventEmitter implements Child {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  readonly #container: Promise<Container>;
  /** One after the other, as they were sent. */
  #signals: Promise<unknown> = Promise.resolve();
  #killed = false;

  constructor(program: ContainedProgram) {
    super();
    this.#container = this.#run(program);
    this.#container.catch((error: unknown) => this.#fail(error));
  }

  kill(signal: NodeJS.Signals | number = 'SIGTERM'): boolean {
    if (this.exitCode !== null || this.signalCode !== null) return false;
    this.#killed ||= signal === 'SIGKILL';
    this.#signals = this.#signals.then(async () => unlessGone((await this.#container).kill({ signal })));
    this.#signals.catch((error: unknown) => this.#fail(error));
    return true;
  }

  /** Resolves when it has been started. */
  async #run(program: ContainedProgram): Promise<Container> {
    const { getContainerRuntimeClient, getReaper, LABEL_TESTCONTAINERS_SESSION_ID } =
      await import('testcontainers');
    const client = await getContainerRuntimeClient();
    const { sessionId } = await getReaper(client);
    const labels = { [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId, ...labelsOfRun() };
    const container = await client.container.dockerode.createContainer(containerOf(program, labels));
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    this.#follow(container, output as unknown as AsyncIterable<Buffer>).catch((error: unknown) =>
      this.#fail(error),
    );
    return container;
  }

  async #follow(container: Container, output: AsyncIterable<Buffer>): Promise<void> {
    const read = takeApart(output, { 1: this.stdout, 2: this.stderr });
    // Its error is thrown below.
    read.catch(() => undefined);
    const { StatusCode: status } = (await container.wait()) as { StatusCode: number };
    this.#end(status);
    await read;
    await this.#close();
    await unlessGone(container.remove({ v: true }));
  }

  #end(status: number): void {
    if (this.#killed && status === killedStatus) this.signalCode = 'SIGKILL';
    else this.exitCode = status;
    this.emit('exit', this.exitCode, this.signalCode);
  }

  /** As of a child process: once all that it wrote has been read. */
  async #close(): Promise<void> {
    const ended = [this.stdout, this.stderr].map((stream) => once(stream, 'end'));
    this.stdout.end();
    this.stderr.end();
    await Promise.all(ended);
    this.emit('close', this.exitCode, this.signalCode);
  }

  #fail(error: unknown): void {
    if (this.exitCode !== null || this.signalCode !== null) return;
    this.stderr.write(`the container of the program: ${String(error)}\n`);
    this.#end(cannotStartStatus);
    void this.#close();
  }
}

function containerOf(program: ContainedProgram, labels: Record<string, string>): ContainerCreateOptions {
  const { image, command, env, directory } = program;
  return {
    Image: image,
    Cmd: [...command],
    Env: Object.entries(env).map(([name, value = '']) => `${name}=${value}`),
    User: ownUser(),
    Labels: labels,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      Init: true,
      NetworkMode: 'host',
      Binds: [`${directory}:${directory}`],
      ReadonlyRootfs: true,
      // In place of the volume that docs/IMAGE.md has there.
      Tmpfs: { '/var/lib/haproxystats': 'mode=1777' },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      // All of it is read here.
      LogConfig: { Type: 'none', Config: {} },
    },
  };
}

const headBytes = 8;

/** Gives each stream of a container its part of what the engine sends, no faster than it is read. */
async function takeApart(
  sent: AsyncIterable<Buffer>,
  streams: Readonly<Record<number, Writable>>,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of sent) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= headBytes && rest.length >= headBytes + rest.readUInt32BE(4)) {
      const end = headBytes + rest.readUInt32BE(4);
      const stream = streams[rest[0]!];
      if (stream) await written(stream, rest.subarray(headBytes, end));
      rest = rest.subarray(end);
    }
  }
}

async function written(stream: Writable, bytes: Buffer): Promise<void> {
  if (stream.destroyed || stream.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      stream.off('drain', goOn).off('close', goOn);
      resolve();
    };
    stream.on('drain', goOn).on('close', goOn);
  });
}

/** A container that has ended, or is being removed, needs nothing more. */
async function unlessGone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode !== 404 && statusCode !== 409) throw error;
  }
}
