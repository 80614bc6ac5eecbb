import { counters as counterNames, pathOf } from '../../support/show-stat';

/** What a receiver that keeps the last value of a path and second, as Whisper does, holds for it. */
export interface ReceivedPoint {
  readonly value: number;
  /** When the first and the last value came, ms since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
}

const counted = new Set(counterNames);

/** The receiver's file: lines `<ms> <path> <value> <second>`, of which the counters of the oracle are kept. */
export class ReceivedPoints {
  readonly #points = new Map<string, ReceivedPoint>();
  #rest = '';
  #lines = 0;

  get lines(): number {
    return this.#lines;
  }

  /** Takes the next piece of the file, which may end within a line. */
  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  /** Of a counter by the name that it has in `Counters`. */
  of(node: string, counter: string, second: number): ReceivedPoint | undefined {
    return this.#points.get(`${graphitePath(node, counter)} ${second}`);
  }

  #take(line: string): void {
    this.#lines++;
    const [at, path = '', value, second] = line.split(' ');
    if (!counted.has(path.slice(path.lastIndexOf('.') + 1))) return;
    const key = `${path} ${second!}`;
    const firstAt = this.#points.get(key)?.firstAt ?? Number(at);
    this.#points.set(key, { value: Number(value), firstAt, lastAt: Number(at) });
  }
}

export function graphitePath(node: string, counter: string): string {
  const [proxy, server, name] = counter.split(' ');
  return pathOf(`loadbalancers.${node.replaceAll('.', '_')}.haproxy`, `${proxy!} ${server!}`, name!);
}
