/** What starts with this is how long the work took: different every time. */
const wallClock = /\.haproxystats\.\w*WallClockTime\w*$/;

/** Lines of Graphite's protocol, by path and timestamp; a path that comes several times has several values. */
export type Recorded = ReadonlyMap<string, readonly number[]>;

/** Reads lines, wall clock times left out. Throws for what is no line. */
export function readLines(text: string): Recorded {
  const lines = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, path, value, timestamp] = /^(\S+) (\S+) (\d+)$/.exec(line) ?? [];
    if (path === undefined) throw new Error(`no line of Graphite's protocol: ${JSON.stringify(line)}`);
    if (wallClock.test(path)) continue;
    const key = `${path} ${timestamp!}`;
    lines.set(key, [...(lines.get(key) ?? []), Number(value === 'nan' ? NaN : value)]);
  }
  return lines;
}

/** The parts of a poll of which the original says how many lines it made. */
const counts: readonly (readonly [metric: string, of: RegExp])[] = [
  ['MetricsHAProxy', /^daemon\./],
  ['MetricsServer', /(^|\.)(server\.[^.]+\.[^.]+|TotalServers)$/],
  ['MetricsFrontend', /(^|\.)frontend\.[^.]+\.[^.]+$/],
  ['MetricsBackend', /(^|\.)backend\.[^.]+\.[^.]+$/],
];

/**
 * The recording of the original, changed line by line into what is expected here. Each change is one of a line that is there, or
 * is not there, as it says; and it moves the count of lines that its part of the poll comes with.
 */
export class Expectation {
  readonly #lines: Map<string, readonly number[]>;
  readonly prefix: string;
  readonly #timestamp: string;

  constructor(recorded: Recorded) {
    this.#lines = new Map(recorded);
    const [first = ''] = recorded.keys();
    const parts = /^(.*?\.haproxy\.).* (\d+)$/.exec(first);
    if (!parts) throw new Error(`a recording that begins with '${first}'`);
    this.prefix = parts[1]!;
    this.#timestamp = parts[2]!;
  }

  /** By path below the prefix. */
  get paths(): string[] {
    return [...this.#lines.keys()].map((key) => key.slice(this.prefix.length, key.lastIndexOf(' ')));
  }

  get lines(): ReadonlyMap<string, readonly number[]> {
    return this.#lines;
  }

  values(path: string): readonly number[] {
    return this.#lines.get(this.#key(path)) ?? [];
  }

  omit(path: string): void {
    const values = this.values(path);
    if (values.length === 0) throw new Error(`the recording has no ${path} that could be left out`);
    this.#lines.delete(this.#key(path));
    this.#count(path, -values.length);
  }

  add(path: string, value: number): void {
    if (this.values(path).length > 0) throw new Error(`the recording has ${path} already`);
    this.#lines.set(this.#key(path), [value]);
    this.#count(path, 1);
  }

  change(path: string, value: number): void {
    if (this.values(path).length !== 1) throw new Error(`the recording has no ${path} that could be changed`);
    this.#lines.set(this.#key(path), [value]);
  }

  /** Puts these lines in the place of all that match. */
  replace(where: RegExp, lines: ReadonlyMap<string, number>): void {
    const there = new Set(this.paths.filter((path) => where.test(path)));
    for (const path of there) if (!lines.has(path)) this.omit(path);
    for (const [path, value] of lines) {
      if (there.has(path)) this.change(path, value);
      else this.add(path, value);
    }
  }

  /** Corrects the count of lines of the part that a path belongs to. */
  #count(path: string, by: number): void {
    const metric = counts.find(([, of]) => of.test(path))?.[0];
    if (metric === undefined) return;
    const key = this.#key(`haproxystats.${metric}`);
    const [before = 1] = this.#lines.get(key) ?? [];
    this.#lines.set(key, [before + by]);
  }

  #key(path: string): string {
    return `${this.prefix}${path} ${this.#timestamp}`;
  }
}
