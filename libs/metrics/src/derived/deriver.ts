import type { Semantics } from '@haproxystats/haproxy';
import type { FinishedTable } from '../finished';
import type { FrameHead } from '../frame';
import { deriveTable, type DerivedColumn } from './derive-table';
import { withDistribution } from './distribution';

/** What is computed from finished tables. */
export class Deriver {
  /** `own` is computed for frames of the same semantics, `users` behind it for all. */
  constructor(
    private readonly own: Readonly<Record<Semantics, readonly DerivedColumn[]>>,
    private readonly users: readonly DerivedColumn[],
  ) {}

  /** The tables with further metrics, each with its own name as the field. Those that get none are the same. */
  apply(tables: readonly FinishedTable[], { semantics }: Pick<FrameHead, 'semantics'>): FinishedTable[] {
    const own = tables.map((table) => deriveTable(table, this.own[semantics]));
    return withDistribution(own, semantics).map((table) => deriveTable(table, this.users));
  }
}
