/** A record as the oracle's own consumer read it. */
export interface LogRead {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Log time, ms. */
  readonly appendedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** Which slot of which node: `cluster/node slot`. */
export function slotKey(cluster: string, node: string, slot: number): string {
  return `${cluster}/${node} ${slot}`;
}
