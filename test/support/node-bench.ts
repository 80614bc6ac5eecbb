import type { Poll } from '@haproxystats/haproxy';
import { rawRecords, readFramePart, type LogRecord } from '@haproxystats/messaging';
import { finishTable, ProcessMerger } from '@haproxystats/metrics';
import { silentLogger, type Logger } from '@haproxystats/runtime';
import { MemoryCoordinator } from '../../apps/processor/src/coordinator/memory.coordinator';
import type { Coordinator } from '../../apps/processor/src/coordinator/coordinator';
import { NodeRole } from '../../apps/processor/src/node/node-role';
import { FakeClock } from './fake-clock';
import { FakeWriter, type FakeSession } from './fake-session';

export const slot = 1_700_000_000_000;
export const interval = 10_000;
export const grace = 1.5 * interval;

export function reply(process: string, stot: number, name = 'web') {
  const stat = Buffer.from(`# pxname,svname,stot,type,\n${name},FRONTEND,${stot},0,\n`);
  return { process, info: Buffer.from('Tasks: 1\n'), stat };
}

/** What a puller writes of one poll: of three processes of `eu/lb1` unless told otherwise. */
export function recordsOf(change: Partial<Poll> = {}): LogRecord[] {
  return rawRecords({
    cluster: 'eu',
    node: 'lb1',
    source: 'puller-1',
    slot,
    intervalMs: interval,
    startedAt: slot,
    replies: [reply('p1', 1), reply('p2', 20), reply('p3', 300)],
    failures: [],
    ...change,
  });
}

/** The node role on a partition, with a writer that keeps what it emits. */
export class NodeBench {
  readonly writer = new FakeWriter();
  readonly told: string[] = [];
  readonly errors: string[] = [];
  readonly role: NodeRole;

  constructor(coordinator: Coordinator = new MemoryCoordinator(new FakeClock())) {
    const error = (_: object, text: string) => void this.errors.push(text);
    this.role = new NodeRole({
      merging: { merger: new ProcessMerger({ semantics: 'exact', now: () => 0 }) },
      coordinator,
      frames: this.writer,
      framesTopic: 'frames',
      logger: { ...silentLogger, error } as unknown as Logger,
      events: {
        emitted: ({ frame }) =>
          this.told.push(`${frame.head.coverage.covered}/${frame.head.coverage.expected}`),
        duplicate: () => this.told.push('duplicate'),
        late: () => this.told.push('late'),
        unreadableRecord: () => this.told.push('unreadable record'),
        unreadableProcess: () => this.told.push('unreadable process'),
      },
    });
  }

  async take(session: FakeSession, records: LogRecord[]): Promise<void> {
    for (const record of records) await this.role.record(session.entry(record), session);
  }

  /** For each frame written: coverage, the sum of stot, who is missing. */
  get frames() {
    return this.writer.records.map((record) => {
      const { head, tables } = readFramePart(record).frame;
      const frontends = tables.find(({ kind }) => kind === 'frontend');
      const stot =
        frontends && finishTable(frontends, 10_000).metrics.find(({ name }) => name === 'stot')?.values[0];
      const missing = head.missing.map(({ process, reason }) => `${process} ${reason}`);
      return { covered: head.coverage.covered, expected: head.coverage.expected, stot, missing };
    });
  }
}
