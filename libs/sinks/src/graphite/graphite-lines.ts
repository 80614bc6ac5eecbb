import type { FramePart } from '@haproxystats/messaging';
import {
  isFirstShard,
  type FinishedTable,
  type Frame,
  type FrameHead,
  type Metric,
  type Table,
} from '@haproxystats/metrics';
import { FrameFinisher, type FinishConfig } from '../frame-finisher';
import type { NameFilePorts } from '../name-file';
import { BlockPool } from './block-pool';
import { coverageMetrics, type NamedNumber } from './coverage-metrics';
import { FrameWork } from './frame-work';
import { pathPrefix, pathSegment, type GraphiteNames } from './graphite-names';
import { LineWriter, type LineBlock, type NamedValues } from './line-writer';
import {
  countLines,
  countMetrics,
  noWork,
  tableGroups,
  timeMetrics,
  type GroupWork,
  type Work,
} from './own-metrics';
import { OtherSemantics } from './other-semantics';
import type { GroupPaths } from './path-groups';
import type { ProcessLabel } from './process-labels';
import { RowPaths } from './row-paths';
import { SegmentCache } from './segment-cache';
import { rulesFor } from './semantics-rules';
import { TableNames } from './table-names';
import { WithheldFrames, type PartialSlots } from './withheld-frames';

export interface GraphiteLinesConfig {
  readonly names: GraphiteNames;
  readonly finish: FinishConfig;
  readonly processLabel: ProcessLabel;
  readonly partial: PartialSlots;
  /** undefined: no groups. */
  readonly groups: GroupPaths | undefined;
}

export interface GraphiteLinesPorts extends NameFilePorts {
  /** A frame of which no more than the coverage is sent, because it is not complete. */
  readonly onWithheld?: (() => void) | undefined;
  /** A frame that is merged with other semantics than `finish` is written for. */
  readonly onOtherSemantics?: (() => void) | undefined;
  /** false: without the wall clock times, so that the same frame gives the same lines. */
  readonly wallClock?: boolean;
}

/** Makes lines of frames: what Graphite gets, what is stored locally, and what a replay prints. */
export class GraphiteLines {
  readonly #segments = new SegmentCache();
  readonly #pool = new BlockPool();
  readonly #work = new FrameWork();
  readonly #finisher: FrameFinisher;
  readonly #paths: RowPaths;
  readonly #names: TableNames;
  readonly #withheld: WithheldFrames;
  readonly #other: OtherSemantics;

  constructor(
    private readonly config: GraphiteLinesConfig,
    private readonly ports: GraphiteLinesPorts,
  ) {
    const { logger } = ports;
    const segments = this.#segments;
    const paths = new RowPaths(segments, config.groups, logger);
    this.#finisher = new FrameFinisher(config.finish, ports);
    this.#paths = paths;
    this.#names = new TableNames({ label: config.processLabel, segments, paths, logger });
    this.#withheld = new WithheldFrames(config.partial, logger);
    this.#other = new OtherSemantics(config.finish.semantics, logger);
  }

  /**
   * The lines of a part of a frame in blocks of about 64 KiB: coverage with the first part of all, own metrics with the last. A shard has no
   * own metrics: nobody has those of all.
   */
  *of(part: FramePart): Generator<LineBlock> {
    const { head } = part.frame;
    this.#checkSemantics(part);
    const prefix = pathPrefix(head, this.config.names);
    const writer = new LineWriter(Math.floor(head.slot / 1000), this.#pool);
    const coverage = coveragePath(head);
    if (part.part === 0 && coverage !== undefined && rulesFor(head).coverage)
      writeValues(writer, prefix + coverage, coverageMetrics(head));
    if (!this.#isWithheld(part)) yield* this.#tablesOf(part, { prefix, writer });
    yield* writer.take(true);
  }

  /** Takes back what `of` gave, when nobody reads it any more: other lines are written into it. */
  reuse(blocks: readonly Buffer[]): void {
    this.#pool.give(blocks);
  }

  /** But for what does not fill a block. */
  *#tablesOf(part: FramePart, { prefix, writer }: Pick<Context, 'prefix' | 'writer'>): Generator<LineBlock> {
    this.#segments.trim();
    const work = noWork();
    const { tables } = part.frame;
    for (const [i, { kinds }] of tableGroups.entries()) {
      const group = tables.filter(({ kind }) => kinds.includes(kind));
      if (group.length === 0) continue;
      work[i]!.ran = true;
      yield* this.#timed(work[i]!, this.#groupLines(group, { frame: part.frame, prefix, writer, work }));
    }
    writeValues(writer, `${prefix}haproxystats.`, this.#ownMetrics(part, work));
  }

  /** Lets time count only while lines are made, not while they are taken away. */
  *#timed(work: GroupWork, blocks: Generator<LineBlock>): Generator<LineBlock> {
    const { clock } = this.ports;
    for (;;) {
      const begun = clock.monotonic();
      const next = blocks.next();
      work.ms += clock.monotonic() - begun;
      if (next.done) return;
      yield next.value;
    }
  }

  *#groupLines(group: readonly Table[], context: Context): Generator<LineBlock> {
    const { frame } = context;
    const tables = group.map((table) => this.#names.named(table, frame));
    for (const table of this.#finisher.finish({ head: frame.head, tables }).tables) {
      yield* this.#tableLines(table, context);
    }
  }

  *#tableLines(table: FinishedTable, { prefix, writer, work }: Context): Generator<LineBlock> {
    const metrics = table.metrics.map(namedValues);
    const pathsOf = this.#paths.all(table);
    let lines = 0;
    for (let row = 0; row < table.proxies.length; row++) {
      let ofRow = 0;
      for (const path of pathsOf(row)) {
        writer.path(prefix + path);
        ofRow = writer.row(metrics, row);
      }
      lines += ofRow;
      if (writer.isReady) yield* writer.take();
    }
    countLines(work, table, lines);
  }

  #ownMetrics(part: FramePart, work: Work): NamedNumber[] {
    const { head } = part.frame;
    const whole = head.shard ? undefined : this.#work.add(part, work);
    if (!whole) return [];
    const times = this.ports.wallClock === false ? [] : timeMetrics(head, whole);
    return [...countMetrics(whole), ...times];
  }

  #checkSemantics({ part, frame: { head } }: FramePart): void {
    if (this.#other.has(head) && part === 0) this.ports.onOtherSemantics?.();
  }

  #isWithheld({ part, frame: { head } }: FramePart): boolean {
    const holds = this.#withheld.holds(head);
    if (holds && part === 0) this.ports.onWithheld?.();
    return holds;
  }
}

interface Context {
  readonly frame: Frame;
  readonly prefix: string;
  readonly writer: LineWriter;
  readonly work: Work;
}

/** The shards of a node are written together; one of a cluster's can be less complete than another. */
function coveragePath(head: FrameHead): string | undefined {
  if (isFirstShard(head)) return 'coverage.';
  return head.scope === 'cluster' ? `coverage.shards.${head.shard!.index}.` : undefined;
}

function writeValues(writer: LineWriter, path: string, values: readonly NamedNumber[]): void {
  writer.path(path);
  for (const [name, value] of values) writer.line(nameBytes(name), value);
}

function namedValues({ name, values, present }: Metric): NamedValues {
  return { name: nameBytes(name), values, present };
}

function nameBytes(name: string): Buffer {
  return Buffer.from(`${pathSegment(name)} `);
}
