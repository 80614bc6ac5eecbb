import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../harness';
import { carbonAnswers } from '../../harness/answers';
import { NativeServer } from '../../harness/native/native-server';
import { makeServerDirectory } from '../../harness/run-directory';
import { ownEnvironment } from '../../support/program';
import { CuttableProxy } from './cuttable-proxy';
import { Part } from './part';

const hooks = join(__dirname, '../../support/typescript-hooks.cjs');
const program = join(__dirname, 'relay-program.ts');
const host = '127.0.0.1';
const pieceBytes = 1024 * 1024;

/** The receiver of Graphite's lines, as a process of its own behind a port that can be cut. */
export class Relay {
  #readTo = 0;

  private constructor(
    readonly part: Part,
    readonly proxy: CuttableProxy,
    private readonly file: string,
  ) {}

  static async start({ forgetful }: { forgetful: boolean }): Promise<Relay> {
    const directory = await makeServerDirectory('relay');
    const file = join(directory, 'lines');
    const port = await freePort();
    const server = await NativeServer.started({
      command: process.execPath,
      args: ['--require', hooks, program, String(port), file, ...(forgetful ? ['forgetful'] : [])],
      directory,
      env: ownEnvironment(),
      answers: () => carbonAnswers(host, port),
    });
    return new Relay(new Part('relay', 'relay', server), await CuttableProxy.start({ host, port }), file);
  }

  /** Hands over what was stored since the last call. */
  async read(take: (text: string) => void): Promise<void> {
    const { size } = await stat(this.file);
    const file = await open(this.file);
    try {
      while (this.#readTo < size) {
        const piece = Buffer.alloc(Math.min(pieceBytes, size - this.#readTo));
        const { bytesRead } = await file.read(piece, 0, piece.length, this.#readTo);
        this.#readTo += bytesRead;
        take(piece.toString('latin1', 0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }

  slowDownOrSpeedUp(): void {
    this.part.signal('SIGUSR1');
  }

  dieInTheMidst(): void {
    this.part.signal('SIGUSR2');
  }
}
