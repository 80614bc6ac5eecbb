import type { Rule } from '@haproxystats/haproxy';
import type { FrameHead, TableKind } from './frame';

/** A number for every row of a table, where the row's bit in `present` is set: ready to be named and sent. */
export interface Metric {
  /** HAProxy's field name, with a suffix where a field gives more than one metric; or the name of a derived metric. */
  readonly name: string;
  /** The field it comes from, by which users select; for a derived metric its own name. */
  readonly field: string;
  /** By which the field was combined; absent for a derived metric. */
  readonly rule?: Rule | undefined;
  /** Of a field that the catalogue does not know: a module of HAProxy prints it. */
  readonly module?: true | undefined;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** A table whose parts have become metrics. */
export interface FinishedTable {
  readonly kind: TableKind;
  readonly proxies: readonly string[];
  readonly servers: readonly string[];
  readonly metrics: readonly Metric[];
}

/** A frame, or a part of one, whose tables have become metrics. */
export interface FinishedFrame {
  readonly head: FrameHead;
  readonly tables: readonly FinishedTable[];
}
