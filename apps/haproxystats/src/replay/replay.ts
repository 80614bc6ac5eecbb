import { join } from 'node:path';
import type { FramePart } from '@haproxystats/messaging';
import { NodeHistory } from '@haproxystats/metrics';
import { mergeNode, type MergedSnapshot, type Merging } from '@haproxystats/processor';
import { codeOf, type Logger } from '@haproxystats/runtime';
import type { LineBlock } from '@haproxystats/sinks';
import type { LineOutput } from './line-output';
import { Losses } from './losses';
import { readSnapshot, type ReadLimits, type SnapshotTexts } from './read-snapshot';
import { listSnapshots, type SnapshotDirectory } from './snapshot-list';
import { UnusableError } from './unusable';

export interface ReplayConfig extends ReadLimits {
  readonly cluster: string;
  readonly node: string;
  readonly intervalMs: number;
}

export interface ReplayPorts {
  readonly merging: Merging;
  readonly linesOf: (part: FramePart) => Iterable<LineBlock>;
  readonly output: LineOutput;
  readonly logger: Logger;
}

/** What came of a replay. */
export interface ReplayReport {
  readonly snapshots: number;
  readonly processes: number;
  readonly lines: number;
  /** Directories, files and rows of which nothing could be made. */
  readonly unusable: number;
  readonly losses: Losses;
  /** It was asked to end before the last snapshot. */
  readonly stopped: boolean;
}

/** Reads snapshots from disk, one at a time, and writes the lines that Graphite would have got of them. */
export class Replay {
  readonly #report = { snapshots: 0, processes: 0, lines: 0, unusable: 0 };
  readonly #losses = new Losses();
  /** All snapshots are of one node. */
  readonly #history = new NodeHistory();

  constructor(
    private readonly config: ReplayConfig,
    private readonly ports: ReplayPorts,
  ) {}

  /**
   * Whatever cannot be used is named in the log, and costs only itself. Ends early when `stop` aborts. Rejects where the directory
   * cannot be listed, and where the output takes no more.
   */
  async run(directory: string, stop: AbortSignal): Promise<ReplayReport> {
    const { snapshots, strangers } = await listSnapshots(directory);
    for (const name of strangers) {
      this.#complain(join(directory, name), 'its name is no time in seconds since the epoch');
    }
    try {
      for (const snapshot of snapshots) {
        stop.throwIfAborted();
        await this.#replay(snapshot, stop);
      }
      await this.ports.output.flush();
    } catch (error) {
      if (!stop.aborted) throw error;
    }
    return { ...this.#report, losses: this.#losses, stopped: stop.aborted };
  }

  async #replay({ path, timestamp }: SnapshotDirectory, stop: AbortSignal): Promise<void> {
    const read = await this.#read(path);
    if (!read) return;
    const merged = this.#merge(read, timestamp * 1000);
    this.#tell(path, read, merged);
    this.#losses.add(merged);
    this.#report.snapshots++;
    this.#report.processes += read.texts.length;
    for (const { bytes, lines } of this.ports.linesOf({ part: 0, parts: 1, frame: merged.frame })) {
      await this.ports.output.write(bytes, stop);
      this.#report.lines += lines;
    }
  }

  #merge({ texts }: SnapshotTexts, slot: number): MergedSnapshot {
    const { cluster, node, intervalMs } = this.config;
    const expected = texts.map(({ process }) => process);
    const asked = { slot, intervalMs, askedAt: slot };
    const textOf = (process: string) => ({ ...texts.find((text) => text.process === process)!, asked });
    const failureOf = (): undefined => undefined;
    const history = this.#history;
    const answers = { cluster, node, slot, intervalMs, expected, failureOf, textOf, history };
    const merged = mergeNode({ ...answers, answered: expected }, this.ports.merging);
    history.merged({ slot, intervalMs }, 0);
    return merged;
  }

  async #read(path: string): Promise<SnapshotTexts | undefined> {
    try {
      return await readSnapshot(path, this.config);
    } catch (error) {
      if (!(error instanceof UnusableError) && codeOf(error) === undefined) throw error;
      this.#complain(path, (error as Error).message);
      return undefined;
    }
  }

  /** Names each file that cannot be read, or makes no sense; one that cannot be read is missed by the merge as well. */
  #tell(path: string, { files, unreadable }: SnapshotTexts, merged: MergedSnapshot): void {
    for (const [file, { message }] of unreadable) this.#complain(path, message, file);
    for (const { process, half, error } of merged.unreadable) {
      const file = half && files.find((each) => each.process === process)?.[half];
      if (file === undefined || !unreadable.has(file))
        this.#complain(path, error.message, file ?? `${process}_${half ?? 'stat'}`);
    }
  }

  #complain(snapshot: string, reason: string, file?: string): void {
    this.#report.unusable++;
    const name = file === undefined ? snapshot : join(snapshot, file);
    this.ports.logger.warn({ snapshot, file, reason }, `${name}: ${reason}`);
  }
}
