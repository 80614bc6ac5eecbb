import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Writable } from 'node:stream';

export interface ReceiverOptions {
  /** Loopback by default. */
  readonly host?: string;
  /** A free one by default. */
  readonly port?: number;
  /** How many paths are remembered; the lines of further ones are counted only. 500,000 by default. */
  readonly maxPaths?: number;
  /** Gets every byte as it came; when it is full, senders wait. */
  readonly raw?: Writable;
}

/** Longer ones are no Graphite lines; their sender is cut off. */
const longestLine = 65_536;
const lineFeed = 0x0a;
const noBytes = Buffer.alloc(0);

/** Takes Graphite's plaintext protocol (`path value timestamp`) and keeps the last value of each path. */
export class Receiver {
  readonly #last = new Map<string, string>();
  readonly #senders = new Set<Socket>();
  readonly #server: Server;
  #address: AddressInfo | undefined;
  #lines = 0;
  #malformed = 0;
  #forgotten = 0;

  constructor(private readonly options: ReceiverOptions) {
    // Half-open connections are not kept: a sender that has said all gets our FIN when all is read, as carbon does.
    this.#server = createServer((sender) => this.#receive(sender));
  }

  listen(): Promise<void> {
    const { port = 0, host = '127.0.0.1' } = this.options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        this.#address = this.#server.address() as AddressInfo;
        resolve();
      });
    });
  }

  /** Where it listens, once it does. */
  get host(): string {
    return this.#address?.address ?? '';
  }

  get port(): number {
    return this.#address?.port ?? 0;
  }

  /** Good lines received. */
  get lines(): number {
    return this.#lines;
  }

  /** Lines that were not `path value timestamp`. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Paths remembered. */
  get paths(): number {
    return this.#last.size;
  }

  /** Good lines whose path was one too many to remember. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The last lines, in the order of their paths, of those that begin with `prefix`; at most `limit`. */
  linesOf(prefix: string, limit: number): string[] {
    return [...this.#last.keys()]
      .filter((path) => path.startsWith(prefix))
      .sort()
      .slice(0, limit)
      .map((path) => `${path} ${this.#last.get(path)}`);
  }

  /** Cuts senders off. */
  close(): Promise<void> {
    for (const sender of this.#senders) sender.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #receive(sender: Socket): void {
    let rest: Buffer = noBytes;
    this.#senders.add(sender);
    sender.on('data', (chunk) => {
      this.#passOn(chunk, sender);
      rest = this.#takeLines(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk);
      if (rest.length > longestLine) {
        this.#malformed++;
        sender.destroy();
      }
    });
    sender.on('end', () => {
      if (rest.length > 0) this.#malformed++;
    });
    // A reset takes what was cut short with it; whole lines are in.
    sender.on('error', () => sender.destroy());
    sender.on('close', () => this.#senders.delete(sender));
  }

  #passOn(chunk: Buffer, sender: Socket): void {
    const { raw } = this.options;
    if (!raw || raw.write(chunk)) return;
    sender.pause();
    raw.once('drain', () => sender.resume());
  }

  /** Takes the whole lines of `bytes` and returns what is behind the last one. */
  #takeLines(bytes: Buffer): Buffer {
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      this.#takeLine(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    return bytes.subarray(start);
  }

  #takeLine(line: string): void {
    const match = /^(\S+) (\S+ \d+)$/.exec(line);
    if (!match) {
      this.#malformed++;
      return;
    }
    this.#lines++;
    const [, path = '', value = ''] = match;
    if (this.#last.has(path) || this.#last.size < (this.options.maxPaths ?? 500_000))
      this.#last.set(path, value);
    else this.#forgotten++;
  }
}

/** A receiver that listens. Rejects when the port cannot be listened on. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = new Receiver(options);
  await receiver.listen();
  return receiver;
}
