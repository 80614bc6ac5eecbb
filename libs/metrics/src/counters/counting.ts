import type { Info, RowKind } from '@haproxystats/haproxy';
import type { CountedRows } from './counted-rows';
import { infoChanges, infoCounts, type InfoChanges } from './info-changes';
import type { ComparedProcess, NodeHistory } from './node-history';
import { lifeOf, type Asked, type Life } from './process-life';
import type { Tracked } from './row-changes';

/** The rows of one kind of a process, once all are read. */
interface RowSource {
  readonly kind: RowKind;
  counted(): CountedRows | undefined;
}

/** One process at one poll, whose counters are compared with what they were, and kept. */
export class Counting implements ComparedProcess {
  readonly former: ComparedProcess['former'];
  readonly twins: ComparedProcess['twins'];
  readonly shareOfLife: number;

  /** undefined for a process of which nobody knows in which of its lives it is. */
  static of(asked: Asked, info: Info, history: NodeHistory): Counting | undefined {
    const life = lifeOf(info, asked.askedAt);
    return life && new Counting({ ...asked, ...life }, info, history);
  }

  private constructor(
    private readonly asked: Asked & Life,
    private readonly info: Info,
    private readonly history: NodeHistory,
  ) {
    this.former = history.formerOf(asked);
    this.twins = history.twinsOf(asked);
    this.shareOfLife = asked.intervalMs / (Math.max(1, asked.uptime) * 1_000);
  }

  infoChanges(tracked: Tracked): InfoChanges {
    return infoChanges(this.info.numbers, this.former, tracked);
  }

  /** `isWhole`: a row that is not among them did not exist. */
  keep(tables: readonly RowSource[], tracked: Tracked, isWhole: boolean): void {
    const rows = tables.flatMap((table) => {
      const counted = table.counted();
      return counted ? [[table.kind, counted] as const] : [];
    });
    const info = infoCounts(this.info.numbers, tracked);
    const since = this.former?.since;
    this.history.keep({ ...this.asked, info, rows: new Map(rows), isWhole, since });
  }
}
