import { randomUUID } from 'node:crypto';
import {
  readRawChunk,
  scanTopic,
  unfoldChunk,
  type KafkaClient,
  type LogEntry,
} from '@haproxystats/messaging';
import { systemClock } from '@haproxystats/runtime';
import { saidIn, type Numbers, type Said } from './direct-reader';
import type { PlainRecord } from './fake-encoder';

/** What `metrics.cluster.v1` has of a slot, of its records with the highest coverage. */
export interface ClusterResult {
  readonly coverage: PlainRecord['coverage'];
  /** By paths as in Graphite. */
  readonly numbers: Numbers;
  /** When the broker took the first record of it, ms since the epoch. */
  readonly firstAt: number;
}

interface Read {
  readonly record: PlainRecord;
  readonly appendedAt: number;
}

/** By slot, in seconds since the epoch, oldest first. */
export async function clusterResults(kafka: KafkaClient): Promise<Map<number, ClusterResult>> {
  const all: Read[] = [];
  await scan(kafka, 'haproxystats.metrics.cluster.v1', ({ value, appendedAt }) => {
    all.push({ record: JSON.parse(value.toString()) as PlainRecord, appendedAt });
  });
  const bySlot = Map.groupBy(all, ({ record }) => record.slot / 1_000);
  const results = [...bySlot].map(([second, reads]) => [second, resultOf(reads)] as const);
  return new Map(results.sort(([a], [b]) => a - b));
}

function resultOf(reads: readonly Read[]): ClusterResult {
  const [first] = reads;
  const covered = Math.max(...reads.map(({ record }) => record.coverage.covered));
  const best = reads.map(({ record }) => record).filter(({ coverage }) => coverage.covered === covered);
  const numbers: Numbers = new Map();
  for (const record of best) addNumbers(numbers, record);
  return { coverage: best.at(-1)!.coverage, numbers, firstAt: first!.appendedAt };
}

function addNumbers(numbers: Numbers, { kind, proxy, metrics, servers }: PlainRecord): void {
  const path = kind === 'daemon' ? kind : `${kind}.${proxy}`;
  const put = (at: string, all: PlainRecord['metrics']): void => {
    for (const [name, value] of Object.entries(all)) numbers.set(`${at}.${name.replaceAll(' ', '_')}`, value);
  };
  put(path, metrics);
  for (const server of servers) put(`${path}.server.${server.name}`, server.metrics);
}

/** What the processes said at each slot, as the pullers have written it down: `NODE PROCESS` by second. */
export async function polledReplies(kafka: KafkaClient): Promise<Map<number, Map<string, Said>>> {
  const replies = new Map<number, Map<string, Said>>();
  await scan(kafka, 'haproxystats.raw.v1', (entry) => {
    const chunk = readRawChunk(entry);
    const second = chunk.slot / 1_000;
    if (!replies.has(second)) replies.set(second, new Map());
    if (chunk.process === '') return;
    const { info, stat } = unfoldChunk(chunk);
    if (chunk.parts > 1) throw new Error(`${chunk.process}: more than one part`);
    replies.get(second)!.set(`${chunk.node} ${chunk.process}`, saidIn(info.toString(), stat.toString()));
  });
  return replies;
}

async function scan(kafka: KafkaClient, topic: string, visit: (entry: LogEntry) => void): Promise<void> {
  const { signal } = new AbortController();
  const group = `test-${randomUUID()}`;
  await scanTopic({ kafka, topic, group, clock: systemClock, signal }, (entry) => {
    visit(entry);
    return Promise.resolve();
  });
}
