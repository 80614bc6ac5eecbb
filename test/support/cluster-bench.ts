import {
  frameRecords,
  readFramePart,
  type LogEntry,
  type LogRecord,
  type Position,
} from '@haproxystats/messaging';
import { finishTable, type Frame, type FrameHead } from '@haproxystats/metrics';
import { ClusterRole, type ClusterRolePorts } from '../../apps/processor/src/cluster/cluster-role';
import type { Coordinator } from '../../apps/processor/src/coordinator/coordinator';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import { FakeClock } from './fake-clock';
import type { FakeSession } from './fake-session';
import { FakeWriter } from './fake-session';
import { column } from './frame-column';
import { frameHead, tableOf } from './frames';
import { RecordedLog } from './recorded-log';

export const firstSlot = 1_700_000_000_000;
export const interval = 10_000;

/** What a test says of a node's frame. */
export interface FakeFrame extends Partial<FrameHead> {
  /** What its frontend has counted. */
  readonly stot?: number;
  readonly frontends?: readonly string[];
}

export function nodeFrame(node: string, { stot = 1, frontends = ['web'], ...head }: FakeFrame = {}): Frame {
  const table = tableOf('frontend', frontends, [
    column(
      'stot',
      'sum',
      frontends.map(() => stot),
    ),
  ]);
  return { head: frameHead({ node, slot: firstSlot, ...head }), tables: [table] };
}

/** A partition of frames of nodes, kept as a log keeps it. */
export class FrameLog {
  readonly records: { readonly record: LogRecord; readonly appendedAt: number }[] = [];

  append(frame: Frame, appendedAt: number): void {
    for (const record of frameRecords(frame)) this.records.push({ record, appendedAt });
  }

  entry(offset: number, watermark: number): LogEntry {
    const { record, appendedAt } = this.records[offset]!;
    const place = { topic: 'frames', partition: 0, offset, next: offset + 1 };
    return { ...record, ...place, appendedAt, priming: offset < watermark };
  }
}

/** What is to see of a cluster's frame. */
export interface Emission {
  readonly cluster: string;
  readonly slot: number;
  readonly covered: string;
  readonly nodes: string;
  readonly missing: string;
  readonly late: boolean;
  readonly stot: number | undefined;
}

/** The cluster role on a partition, with a writer that keeps what it emits. */
export class ClusterBench {
  readonly writer = new FakeWriter();
  readonly log = new RecordedLog();
  readonly told: string[] = [];
  readonly role: ClusterRole;
  largestSkew = 0;

  constructor(
    readonly coordinator: Coordinator = new MemoryCoordinator(new FakeClock()),
    ports: Partial<ClusterRolePorts> = {},
  ) {
    this.role = new ClusterRole({
      coordinator,
      frames: this.writer,
      framesTopic: 'clusters',
      inventory: [],
      clock: new FakeClock(),
      logger: this.log.logger,
      events: {
        emitted: ({ frame: { head } }) => this.told.push(head.late ? 'late emission' : 'emission'),
        duplicate: () => this.told.push('duplicate'),
        late: () => this.told.push('late'),
        keptOut: (reason) => this.told.push(`kept out: ${reason}`),
        cut: () => this.told.push('cut'),
        unreadableRecord: () => this.told.push('unreadable'),
        skew: (_, __, ms) => (this.largestSkew = ms),
      },
      ...ports,
    });
  }

  /** Hands over entries as a new owner of the partition gets them, with a tick at the log time of each, and answers what was committed last. */
  async read(
    log: FrameLog,
    { session, from, upTo = log.records.length }: { session: FakeSession; from: Position; upTo?: number },
  ): Promise<Position> {
    for (let offset = from.base; offset < upTo; offset++) {
      const entry = log.entry(offset, from.watermark);
      session.time = Math.max(session.time, entry.appendedAt);
      await this.role.record(entry, session);
      if (!entry.priming) await this.role.tick(session);
    }
    return session.commits.at(-1) ?? from;
  }

  get frames(): Frame[] {
    return this.writer.records.map((record) => readFramePart(record).frame);
  }

  get emissions(): Emission[] {
    return this.frames.map(emissionOf);
  }
}

export function emissionOf({ head, tables }: Frame): Emission {
  const frontends = tables.find(({ kind }) => kind === 'frontend');
  const { covered, expected } = head.coverage;
  const { seen, expected: all, missing } = head.nodes!;
  return {
    cluster: head.cluster,
    slot: (head.slot - firstSlot) / interval,
    covered: `${covered}/${expected}`,
    nodes: `${seen}/${all}`,
    missing: missing.join(),
    late: head.late === true,
    stot:
      frontends && finishTable(frontends, interval).metrics.find(({ name }) => name === 'stot')?.values[0],
  };
}
