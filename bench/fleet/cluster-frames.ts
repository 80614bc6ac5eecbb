import {
  readFrameColumns,
  readFrameHead,
  scanRanges,
  topicRanges,
  withAdmin,
  type KafkaClient,
  type LogEntry,
} from '@haproxystats/messaging';
import { rowsOf, type Frame } from '@haproxystats/metrics';
import { systemClock } from '@haproxystats/runtime';
import { eventually } from '../../test/harness/eventually';

const topic = 'haproxystats.frames.cluster.v1';
/** What a slot is waited for. */
const patienceMs = 120_000;

interface Waiting {
  readonly resolve: (entry: LogEntry) => void;
  readonly complete: Promise<LogEntry>;
}

/** Reads what the cluster role writes. */
export class ClusterFrames {
  /** By slot. */
  readonly #slots = new Map<number, Waiting>();
  readonly #over = new AbortController();
  #reading: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** Frames that did not cover all nodes. */
  partial = 0;

  constructor(
    private readonly client: KafkaClient,
    private readonly nodes: number,
    private readonly processes: number,
  ) {}

  async start(): Promise<void> {
    const { signal } = this.#over;
    // A topic that was just made may not be led everywhere yet.
    const ranges = await withAdmin(this.client, (admin) =>
      eventually(() => topicRanges(admin, topic), { withinMs: patienceMs }),
    );
    const { promise: isReading, resolve } = Promise.withResolvers<undefined>();
    const follow = () => resolve(undefined);
    const options = { kafka: this.client, group: 'bench', clock: systemClock, signal, ranges, follow };
    const visit = (entry: LogEntry) => Promise.resolve().then(() => this.#take(entry));
    this.#reading = scanRanges(options, visit).catch((error: unknown) => {
      if (!signal.aborted) this.#failure = error;
    });
    await isReading;
  }

  /** The frame of a slot with all nodes, once it is in the log. Rejects when it does not come. */
  async completed(slot: number): Promise<LogEntry> {
    const { complete } = this.#waitingFor(slot);
    const timer = AbortSignal.timeout(patienceMs);
    const late = new Promise<never>((_, reject) =>
      timer.addEventListener('abort', () =>
        reject(
          new Error(`slot ${slot}: ${this.nodes} nodes are not complete within ${patienceMs / 1_000} s`, {
            cause: this.#failure,
          }),
        ),
      ),
    );
    const entry = await Promise.race([complete, late]);
    this.#slots.delete(slot);
    return entry;
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#reading;
  }

  #take(entry: LogEntry): void {
    const { slot, nodes, coverage } = readFrameHead(entry);
    const isComplete = nodes?.seen === this.nodes && coverage.covered === this.nodes * this.processes;
    if (isComplete) this.#waitingFor(slot).resolve(entry);
    else this.partial++;
  }

  #waitingFor(slot: number): Waiting {
    let waiting = this.#slots.get(slot);
    if (!waiting) {
      const { promise, resolve } = Promise.withResolvers<LogEntry>();
      waiting = { resolve, complete: promise };
      this.#slots.set(slot, waiting);
    }
    return waiting;
  }
}

/** How many rows a cluster's frame has. Throws where none of them has a rate: then no counter was compared. */
export function rowsWithRates(entry: LogEntry): number {
  const { frame } = readFrameColumns(entry);
  if (!hasRates(frame))
    throw new Error('the frames of the cluster have no rates: counters were not measured');
  return rowsOf(frame);
}

function hasRates({ tables }: Frame): boolean {
  return tables.some(({ columns }) =>
    columns.some(({ field, values }) => field === 'stot_rate' && values.some((rate) => rate > 0)),
  );
}

/** Waits until the node role has written so many frames. */
export async function untilNodeFrames(client: KafkaClient, count: number): Promise<void> {
  await withAdmin(client, (admin) =>
    eventually(
      async () => {
        const ranges = await topicRanges(admin, 'haproxystats.frames.node.v1');
        const there = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
        if (there < count) throw new Error(`${there} of ${count} frames of nodes are written`);
      },
      { withinMs: patienceMs },
    ),
  );
}
