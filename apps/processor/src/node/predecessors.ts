import type { LogEntry, RawChunk } from '@haproxystats/messaging';

/** In slots of the node: how far back an increment may reach. A process that was silent for longer starts anew. */
const reachSlots = 3;
/** Log time, ms, after which a process lets go also where its node says nothing more at all, or its slots make no sense. */
const silentMs = 5 * 60_000;
/** Per process: how many slots at or above the watermark are told apart. */
const slotsKept = 16;
/** Names come from the log: beyond this many in one partition, the node that was silent longest lets go. */
const defaultProcesses = 100_000;

/** The first record of a process' answer at one slot. */
interface Answer {
  readonly slot: number;
  readonly offset: number;
  readonly appendedAt: number;
  readonly intervalMs: number;
}

/** Slots and offsets rise; the first is the newest below the watermark, where one is below. */
type Answers = Answer[];

/**
 * Where the latest answer of each process lies: what the next one is compared with. Reading again from `base`, a new owner of the
 * partition sees each of them, and so comes to the same increments.
 */
export class Predecessors {
  /** By node, then by process; the node that was silent longest first. */
  readonly #nodes = new Map<string, Map<string, Answers>>();
  #processes = 0;
  /** The newest append time seen. It does not run on by itself: while nothing is appended, nothing piles up behind the base either. */
  #now = 0;

  constructor(private readonly maxProcesses = defaultProcesses) {}

  add(
    { cluster, node, process, slot, intervalMs, parts }: RawChunk,
    { offset, appendedAt }: Pick<LogEntry, 'offset' | 'appendedAt'>,
  ): void {
    this.#now = Math.max(this.#now, appendedAt);
    if (parts === 0) return;
    const answers = this.#answersOf(`${cluster}/${node}`, process);
    const last = answers.at(-1);
    if (last && slot <= last.slot) return;
    answers.push({ slot, offset, appendedAt, intervalMs });
    // Without it the base may reach further back, never less far.
    if (answers.length > slotsKept) answers.splice(-2, 1);
  }

  /** The smallest, over the processes heard of lately, of where the newest answer below `watermark` begins; `watermark` where none does. */
  base(watermark: number): number {
    let base = watermark;
    for (const [name, processes] of this.#nodes) {
      this.#letGo(name, processes);
      for (const answers of processes.values()) base = Math.min(base, newestBelow(watermark, answers));
    }
    return base;
  }

  /** Those that fell silent: behind their own node, or by the time of the log. */
  #letGo(name: string, processes: Map<string, Answers>): void {
    const lasts = [...processes].map(([process, answers]) => [process, answers.at(-1)!] as const);
    const newest = lasts.reduce((last, [, each]) => (each.slot > last.slot ? each : last), lasts[0]![1]);
    for (const [process, { slot, appendedAt, intervalMs: own }] of lasts) {
      // Where the interval has become longer, its next answer reaches further back.
      const intervalMs = Math.max(own, newest.intervalMs);
      const isBehind = newest.slot - slot > reachSlots * intervalMs;
      const isSilent = this.#now - appendedAt > Math.max(silentMs, (reachSlots + 1) * intervalMs);
      if (!isBehind && !isSilent) continue;
      processes.delete(process);
      this.#processes--;
    }
    if (processes.size === 0) this.#nodes.delete(name);
  }

  #answersOf(name: string, process: string): Answers {
    const processes = this.#nodes.get(name) ?? new Map<string, Answers>();
    this.#nodes.delete(name);
    this.#nodes.set(name, processes);
    let answers = processes.get(process);
    if (!answers) {
      answers = [];
      processes.set(process, answers);
      this.#processes++;
      this.#relieve();
    }
    return answers;
  }

  #relieve(): void {
    while (this.#processes > this.maxProcesses) {
      const [name, processes] = this.#nodes.entries().next().value!;
      this.#nodes.delete(name);
      this.#processes -= processes.size;
    }
  }
}

/** Also forgets what is older: the watermark does not move back. */
function newestBelow(watermark: number, answers: Answers): number {
  while (answers.length > 1 && answers[1]!.offset < watermark) answers.shift();
  return Math.min(watermark, answers[0]!.offset);
}
