import { originalRecord, readDeadLetter, type LogRecord } from '@haproxystats/messaging';
import { CoverageFilter } from '../../libs/sinks/src/coverage-filter';
import { emissionOf, type Emission } from './frames';
import type { Partition, Stored } from './group';
import { judgeFrame } from './judge-frame';
import type { Answer } from './polls';
import type { Scenario } from './scenario';
import type { Session } from './session';
import type { Tally } from './tally';
import { arrivedWithin, knownOf, nameOf, nothingKnown, truthsOf, type SlotName, type Truth } from './truth';

/**
 * Of architecture and readme: in intervals; how long a late process is taken; how much sooner a reader may think so that has not heard yet
 * of what has come; in slots; ms of silence; ms that the model itself takes to hand over what is there.
 */
const promised = {
  grace: 1.5,
  openMs: 60_000,
  trustMs: 3_000,
  reachSlots: 3,
  silentMs: 5 * 60_000,
  atOnceMs: 1_000,
};

/** Knows what was sent, reads what came out, and counts where the two differ. */
export class Oracle {
  readonly emissions: Emission[] = [];
  /** Per partition the offsets of records that were put aside. */
  readonly #buried = new Map<number, Set<number>>();
  /** Processes of which somebody said that they came too late to count. */
  readonly #late = new Set<string>();

  constructor(
    private readonly partitions: readonly Partition[],
    private readonly scenario: Scenario,
  ) {}

  emitted(records: readonly LogRecord[], at: number): void {
    this.emissions.push(...records.map((record) => emissionOf(record, at)));
  }

  /** Only a letter that has its original whole counts. */
  buried(letters: readonly LogRecord[]): void {
    for (const letter of letters) {
      const { partition, offset } = readDeadLetter(letter);
      const { records } = this.partitions[partition]!;
      const entry = records.find((stored) => stored.entry.offset === offset)?.entry;
      const offsets = this.#buried.get(partition) ?? new Set();
      this.#buried.set(partition, offsets);
      if (entry && isSame(originalRecord(letter), entry)) offsets.add(offset);
    }
  }

  saidLate(late: SlotName & { readonly process: string }): void {
    this.#late.add(`${nameOf(late)} ${late.process}`);
  }

  /** What an owner leaves behind when a partition goes to the next one. */
  handOver(partition: Partition, tally: Tally): void {
    tally.add('unprimed', this.#unprimed(partition));
    tally.add('unburied', this.#unburied(partition));
  }

  /** Whether a session that has just ticked holds the watermark before records that nothing has to wait for. */
  isStuck(session: Session, now: number): boolean {
    const { bounds, intervalMs } = this.scenario;
    // What it was made to forget begins anew when more of it comes.
    if (bounds) return false;
    if (this.#isBaseBehind(session)) return true;
    const { read, next } = session;
    const { watermark } = session.committed;
    const begun = new Set<string>();
    for (const { sent, entry } of read) {
      if (sent.damage === 'headers' || begun.has(nameOf(sent))) continue;
      if (now - entry.appendedAt < promised.grace * intervalMs) return watermark < entry.offset;
      begun.add(nameOf(sent));
    }
    return watermark < next;
  }

  judge(tally: Tally): void {
    const truths = truthsOf(this.partitions);
    const answers = answersOf(truths);
    for (const emission of this.emissions) {
      const truth = truths.get(nameOf(emission));
      const known = truth ? knownOf(truth) : nothingKnown;
      const fault = judgeFrame(emission, { answers, ...known });
      if (fault) tally.add(fault);
    }
    const kept = keptByReader(this.emissions);
    for (const [name, truth] of truths) {
      const emissions = this.emissions.filter((each) => nameOf(each) === name);
      this.#judgeSlot(truth, { emissions, best: kept.get(name), tally });
    }
    this.#judgeFaultless(truths, tally);
    for (const partition of this.partitions) tally.add('unburied', this.#unburied(partition));
  }

  #judgeSlot(
    truth: Truth,
    { emissions, best, tally }: { emissions: readonly Emission[]; best: Emission | undefined; tally: Tally },
  ): void {
    tally.add('snapshots');
    tally.add('emissions', emissions.length);
    if (!best) tally.add('lost');
    else tally.add(best.coverage.covered === best.coverage.expected ? 'complete' : 'partial');
    const { split, bounds, intervalMs } = this.scenario;
    const isWeak = split || bounds !== undefined || this.#isForgotten(truth);
    const told = toldBy(isWeak ? emissions : best ? [best] : []);
    const isTold = (process: string): boolean =>
      told.covered.has(process) ||
      (truth.unreadable.has(process) && told.unreadable.has(process)) ||
      this.#isExcused(truth, process);
    const due = arrivedWithin(truth, promised.openMs - promised.trustMs);
    tally.add('lost', [...due].filter((process) => !isTold(process)).length);
    const punctual = arrivedWithin(truth, promised.grace * intervalMs);
    if (arrivedWithin(truth, Infinity).size > punctual.size) tally.add('late');
    const different = new Set(emissions.map(({ members }) => [...members.keys()].sort().join()));
    tally.add('duplicates', emissions.length - different.size);
  }

  /** For want of memory its snapshot was let go of before it came, and that was said; or between its parts, so that nobody had all of them. */
  #isExcused(truth: Truth, process: string): boolean {
    if (!this.scenario.bounds) return false;
    const isSaidLate = this.#late.has(`${nameOf(truth)} ${process}`);
    const answers = [...truth.partitions.values()].flatMap(({ parts }) => [...parts.keys()]);
    return isSaidLate || answers.some((answer) => answer.process === process && answer.parts > 1);
  }

  /** Each snapshot once, and at once. Where a record says nothing, a puller may be unknown; a ledger in memory ends with its program. */
  #judgeFaultless(truths: ReadonlyMap<string, Truth>, tally: Tally): void {
    const { faults, embedded, closes } = this.scenario;
    if (faults !== 'none' || (embedded && closes)) return;
    const maimed = new Set([...truths.values()].flatMap(({ node, isMaimed }) => (isMaimed ? [node] : [])));
    for (const truth of truths.values()) {
      // What nobody can read may be read by another version: it is not known as done.
      if (maimed.has(truth.node) || truth.unreadable.size > 0) continue;
      const emissions = this.emissions.filter((each) => nameOf(each) === nameOf(truth));
      tally.add('doubled', this.#repeated(truth, emissions.length));
      const last = Math.max(...[...truth.partitions.values()].map((arrived) => arrived.last));
      if (emissions.some(({ at }) => at > last + promised.atOnceMs)) tally.add('stuck');
    }
  }

  /** Without faults a snapshot comes once; once more where a puller of whom nobody could know comes second. */
  #repeated({ node, slot, sources }: Truth, emissions: number): number {
    const newcomers = [...sources].filter((source) => this.#firstSlot(node, source) === slot).length;
    return emissions > Math.min(sources.size, 1 + newcomers) ? 1 : 0;
  }

  #firstSlot(node: string, source: string): number | undefined {
    const ofSource = ({ sent, entry }: Stored) =>
      sent.node === node && sent.damage !== 'headers' && entry.headers['hs-src'] === source;
    return this.partitions.flatMap(({ records }) => records.filter(ofSource))[0]?.sent.slot;
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

  /** The processes whose newest answer below the watermark the next owner does not read again, though an increment may need it. */
  #unprimed({ committed, records }: Partition): number {
    const newest = Math.max(0, ...records.slice(-1).map(({ entry }) => entry.appendedAt));
    const slots = new Map<string, number>();
    for (const { sent } of records.filter(isAnswer))
      slots.set(sent.node, Math.max(sent.slot, slots.get(sent.node) ?? 0));
    const { reachSlots, silentMs } = promised;
    const isNeeded = ({ sent, entry }: Stored) =>
      slots.get(sent.node)! - sent.slot <= reachSlots * this.scenario.intervalMs &&
      newest - entry.appendedAt <= silentMs;
    return predecessors(records, committed.watermark).filter(
      (stored) => isNeeded(stored) && stored.entry.offset < committed.base,
    ).length;
  }

  /** Without faults, and with one owner: whether more would be read again than what may grow, and the last answers. */
  #isBaseBehind({ read, committed: { watermark, base } }: Session): boolean {
    const { faults, poison, closes, intervalMs } = this.scenario;
    if (faults !== 'none' || poison || closes) return false;
    const newest = Math.max(0, ...read.slice(-1).map(({ entry }) => entry.appendedAt));
    const young = read.find(({ entry }) => newest - entry.appendedAt <= promised.grace * intervalMs);
    const again = Math.min(watermark, young?.entry.offset ?? watermark);
    const needed = predecessors(read, again).map(({ entry }) => entry.offset);
    return base < Math.min(again, ...needed);
  }

  /** Records below the watermark that could not be read and were not put aside: of a process of which several cannot, one must be. */
  #unburied({ records, committed }: Partition): number {
    const isBuried = ({ entry }: Stored) => this.#buried.get(entry.partition)?.has(entry.offset) ?? false;
    const passed = records.filter(({ sent, entry }) => sent.damage && entry.offset < committed.watermark);
    const headers = passed.filter((stored) => stored.sent.damage === 'headers' && !isBuried(stored));
    if (!passed.some(({ sent }) => sent.damage === 'value')) return headers.length;
    const toldUnreadable = new Set(
      this.emissions.flatMap((emission) =>
        [...toldBy([emission]).unreadable].map((process) => `${nameOf(emission)} ${process}`),
      ),
    );
    const buried = this.partitions.flatMap((each) => each.records.filter(isBuried));
    const named = new Set(buried.map(({ sent }) => `${nameOf(sent)} ${sent.process}`));
    const values = passed.filter(({ sent }) => {
      const name = `${nameOf(sent)} ${sent.process}`;
      return sent.damage === 'value' && toldUnreadable.has(name) && !named.has(name);
    });
    return headers.length + values.length;
  }
}

/** Whether a letter gives back what it was made of; and says that it was put back. */
function isSame({ key, value, headers }: LogRecord, entry: LogRecord): boolean {
  const own = Object.entries({ ...entry.headers, 'hs-replays': '1' });
  const isSameHeaders =
    Object.keys(headers).length === own.length && own.every(([name, text]) => headers[name] === text);
  return key === entry.key && value.equals(entry.value) && isSameHeaders;
}

function isAnswer({ sent }: Stored): boolean {
  return sent.answer !== undefined && sent.damage !== 'headers';
}

/** Of each process the first record of its newest answer below a watermark. */
function predecessors(records: readonly Stored[], watermark: number): Stored[] {
  const newest = new Map<string, Stored>();
  for (const stored of records.filter(isAnswer)) {
    const { sent, entry } = stored;
    const name = `${sent.node} ${sent.process}`;
    const known = newest.get(name);
    if (entry.offset < watermark && (!known || known.sent.slot < sent.slot)) newest.set(name, stored);
  }
  return [...newest.values()];
}

function answersOf(truths: ReadonlyMap<string, Truth>): Map<number, Answer> {
  return new Map(
    [...truths.values()].flatMap(({ partitions }) =>
      [...partitions.values()].flatMap(({ parts }) => [...parts.keys()].map((answer) => [answer.id, answer])),
    ),
  );
}

/** What a sink that keeps the highest coverage ends with. */
function keptByReader(emissions: readonly Emission[]): Map<string, Emission> {
  const filter = new CoverageFilter();
  return new Map(emissions.filter(({ part }) => filter.isNews(part)).map((each) => [nameOf(each), each]));
}

/** The processes that are in frames, and those of which they say that they could not be read. */
function toldBy(emissions: readonly Emission[]): { covered: Set<string>; unreadable: Set<string> } {
  const missing = emissions.flatMap((each) => each.missing.filter(({ reason }) => reason === 'unreadable'));
  return {
    covered: new Set(emissions.flatMap(({ members }) => [...members.keys()])),
    unreadable: new Set(missing.map(({ process }) => process)),
  };
}
