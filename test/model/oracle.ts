import type { LogRecord } from '@haproxystats/messaging';
import { CoverageFilter } from '../../libs/sinks/src/coverage-filter';
import { emissionOf, sum, type Emission } from './frames';
import type { Partition, Stored } from './group';
import type { Answer } from './polls';
import type { Scenario } from './scenario';
import type { Tally } from './tally';

/** Of architecture and readme: in intervals; how long a late process is taken; in slots; ms of silence. */
const promised = { grace: 1.5, openMs: 60_000, reachSlots: 3, silentMs: 5 * 60_000 };

/** What the log brought of a node and slot. */
interface Truth {
  readonly node: string;
  readonly slot: number;
  readonly sources: Set<string>;
  readonly partitions: Map<number, Arrived>;
}

/** What one partition has of it. */
interface Arrived {
  /** When its first record came. */
  readonly first: number;
  /** When the parts of each answer came. */
  readonly parts: Map<Answer, number[]>;
  /** When each poll was heard of. */
  readonly polls: Map<string, number>;
}

/** Knows what was sent, reads what came out, and counts where the two differ. */
export class Oracle {
  readonly emissions: Emission[] = [];

  constructor(
    private readonly partitions: readonly Partition[],
    private readonly scenario: Scenario,
  ) {}

  emitted(records: readonly LogRecord[]): void {
    this.emissions.push(...records.map(emissionOf));
  }

  /** The processes whose newest answer below the watermark the next owner does not read again, though an increment may need it. */
  unprimed({ committed, records }: Partition): number {
    const newest = Math.max(0, ...records.slice(-1).map(({ entry }) => entry.appendedAt));
    const slots = new Map<string, number>();
    const predecessors = new Map<string, Stored>();
    for (const stored of records) {
      const { sent, entry } = stored;
      if (!sent.answer) continue;
      slots.set(sent.node, Math.max(sent.slot, slots.get(sent.node) ?? 0));
      const name = `${sent.node} ${sent.process}`;
      const known = predecessors.get(name);
      const isBelow = entry.offset < committed.watermark;
      if (isBelow && (!known || known.sent.slot < sent.slot)) predecessors.set(name, stored);
    }
    const { reachSlots, silentMs } = promised;
    const isNeeded = ({ sent, entry }: Stored) =>
      slots.get(sent.node)! - sent.slot <= reachSlots * this.scenario.intervalMs &&
      newest - entry.appendedAt <= silentMs;
    return [...predecessors.values()].filter(
      (stored) => isNeeded(stored) && stored.entry.offset < committed.base,
    ).length;
  }

  judge(tally: Tally): void {
    const truths = this.#truths();
    const answers = new Map(
      [...truths.values()].flatMap(({ partitions }) =>
        [...partitions.values()].flatMap(({ parts }) =>
          [...parts.keys()].map((answer) => [answer.id, answer]),
        ),
      ),
    );
    for (const emission of this.emissions) judgeFrame(emission, { answers, tally });
    const kept = keptByReader(this.emissions);
    const members = (emission: Emission) => new Set(emission.ids.map((id) => answers.get(id)?.process ?? ''));
    for (const [name, truth] of truths) {
      const emissions = this.emissions.filter((each) => nameOf(each) === name);
      const best = kept.get(name);
      const isWeak = this.scenario.split || this.#isForgotten(truth);
      const counted = isWeak ? emissions : best ? [best] : [];
      const covered = new Set(counted.flatMap((each) => [...members(each)]));
      this.#judgeSlot(truth, { covered, emissions: emissions.map(members), best, tally });
    }
  }

  #judgeSlot(
    truth: Truth,
    {
      covered,
      emissions,
      best,
      tally,
    }: {
      covered: ReadonlySet<string>;
      emissions: readonly ReadonlySet<string>[];
      best: Emission | undefined;
      tally: Tally;
    },
  ): void {
    const punctual = this.#arrivedWithin(truth, promised.grace * this.scenario.intervalMs);
    const all = this.#arrivedWithin(truth, Infinity);
    tally.add('snapshots');
    if (!best) tally.add('lost');
    else tally.add(best.coverage.covered === best.coverage.expected ? 'complete' : 'partial');
    tally.add('lost', [...punctual].filter((process) => !covered.has(process)).length);
    if (all.size > punctual.size) tally.add('late');
    tally.add('emissions', emissions.length);
    const different = new Set(emissions.map((members) => [...members].sort().join()));
    tally.add('duplicates', emissions.length - different.size);
    if (this.scenario.faults === 'none') tally.add('doubled', this.#repeated(truth, emissions.length));
  }

  /** Without faults a snapshot comes once; once more where a puller of whom nobody could know comes second. */
  #repeated({ node, slot, sources }: Truth, emissions: number): number {
    const newcomers = [...sources].filter((source) => this.#firstSlot(node, source) === slot).length;
    return emissions > Math.min(sources.size, 1 + newcomers) ? 1 : 0;
  }

  #firstSlot(node: string, source: string): number | undefined {
    const ofSource = ({ sent, entry }: Stored) => sent.node === node && entry.headers['hs-src'] === source;
    return this.partitions.flatMap(({ records }) => records.filter(ofSource))[0]?.sent.slot;
  }

  #arrivedWithin({ partitions }: Truth, ms: number): Set<string> {
    const arrived = new Set<string>();
    for (const { first, parts } of partitions.values()) {
      for (const [answer, times] of parts) {
        const inTime = new Set(times.flatMap((at, part) => (at - first < ms ? [part] : [])));
        if (inTime.size === answer.parts) arrived.add(answer.process);
      }
    }
    return arrived;
  }

  /**
   * Something of it came when nobody remembered it any more, or a puller of whom nobody knew came after grace: who has become the owner
   * meanwhile knows nothing of the rest. All of it is emitted, but not together.
   */
  #isForgotten({ partitions }: Truth): boolean {
    const graceMs = promised.grace * this.scenario.intervalMs;
    return [...partitions.values()].some(
      ({ first, parts, polls }) =>
        [...parts.values()].some((times) => times.some((at) => at - first > promised.openMs)) ||
        [...polls.values()].some((at) => at - first >= graceMs),
    );
  }

  #truths(): Map<string, Truth> {
    const truths = new Map<string, Truth>();
    for (const { records, number } of this.partitions) {
      for (const { sent, entry } of records) {
        const { node, slot } = sent;
        const truth: Truth = truths.get(nameOf(sent)) ?? {
          node,
          slot,
          sources: new Set(),
          partitions: new Map(),
        };
        truths.set(nameOf(sent), truth);
        truth.sources.add(entry.headers['hs-src']!);
        const arrived = truth.partitions.get(number) ?? newArrived(entry.appendedAt);
        truth.partitions.set(number, arrived);
        note(arrived, { sent, entry });
      }
    }
    return truths;
  }
}

function newArrived(first: number): Arrived {
  return { first, parts: new Map(), polls: new Map() };
}

function note({ parts, polls }: Arrived, { sent: { answer, part }, entry: { appendedAt } }: Stored): void {
  if (!answer) return;
  const times = parts.get(answer) ?? [];
  times[part] ??= appendedAt;
  parts.set(answer, times);
  polls.set(answer.poll, polls.get(answer.poll) ?? appendedAt);
}

function nameOf({ node, slot }: { readonly node: string; readonly slot: number }): string {
  return `${node} ${slot}`;
}

/** What a sink that keeps the highest coverage ends with. */
function keptByReader(emissions: readonly Emission[]): Map<string, Emission> {
  const filter = new CoverageFilter();
  return new Map(emissions.filter(({ part }) => filter.isNews(part)).map((each) => [nameOf(each), each]));
}

/** What a frame says of itself, against the answers that are in it. */
function judgeFrame(
  emission: Emission,
  { answers, tally }: { answers: ReadonlyMap<number, Answer>; tally: Tally },
): void {
  const { node, slot, ids, stot, coverage, missing } = emission;
  const own = ids.flatMap((id) => answers.get(id) ?? []);
  const processes = new Set(own.map(({ process }) => process));
  const expected = new Set(own.flatMap((answer) => answer.expected));
  const isForeign = own.length < ids.length || own.some((each) => each.node !== node || each.slot !== slot);
  const sums = [0, 1].map((i) => sum(own.map((answer) => answer.stot[i]!)));
  const isWrongSum = sums.some((each, i) => each !== stot[i]);
  const isWrongCoverage =
    coverage.covered !== ids.length ||
    coverage.covered + missing !== coverage.expected ||
    coverage.expected < expected.size;
  if (processes.size < own.length) tally.add('doubled');
  else if (isForeign || isWrongSum || isWrongCoverage) tally.add('wrong');
}
