import { counters as counterNames, pathOf } from '../../support/show-stat';

/** What a receiver that keeps the last value of a path and second, as Whisper does, holds for it. */
export interface ReceivedPoint {
  readonly value: number;
  /** All values that have come, with the time of the first of each, ms since the epoch. */
  readonly came: ReadonlyMap<number, number>;
}

interface Point extends ReceivedPoint {
  value: number;
  readonly came: Map<number, number>;
}

const form = /^(\d+) (([\w-]+)\.([\w:-]+)\.[^ ]+\.([^ .]+)) (-?\d[\d.e+-]*) (\d+)$/;
const counted = new Set(counterNames);

/** The receiver's file: lines `<ms> <path> <value> <second>`, of which the counters of the oracle are kept. */
export class ReceivedPoints {
  readonly #points = new Map<string, Point>();
  readonly #slots = new Set<string>();
  #rest = '';
  #lines = 0;
  #malformed = 0;

  get lines(): number {
    return this.#lines;
  }

  /** Lines that are none: torn, or two in one. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Of which nodes and seconds something came, as `slotOf` names them. */
  get slots(): Iterable<string> {
    return this.#slots;
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
    const [, at, path = '', , node = '', name = '', value, second] = form.exec(line) ?? [];
    if (at === undefined) {
      this.#malformed++;
      return;
    }
    this.#slots.add(`${node} ${second!}`);
    if (!counted.has(name)) return;
    const key = `${path} ${second!}`;
    const point = this.#points.get(key) ?? { value: 0, came: new Map<number, number>() };
    this.#points.set(key, point);
    point.value = Number(value);
    if (!point.came.has(point.value)) point.came.set(point.value, Number(at));
  }
}

/** A node and second as `slots` names them. */
export function slotOf(node: string, second: number): string {
  return `${segmentOf(node)} ${second}`;
}

function segmentOf(node: string): string {
  return node.replaceAll('.', '_');
}

export function graphitePath(node: string, counter: string): string {
  const [proxy, server, name] = counter.split(' ');
  return pathOf(`loadbalancers.${segmentOf(node)}.haproxy`, `${proxy!} ${server!}`, name!);
}
