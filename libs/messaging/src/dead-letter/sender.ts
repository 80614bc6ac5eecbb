import type { LogRecord } from '../log';
import { isName, slotRange } from '../record-headers';

/** Who a record is about, as far as its headers can be trusted to say. */
export interface Sender {
  /** `cluster/node`. */
  readonly node: string | undefined;
  readonly slot: number | undefined;
  readonly process: string | undefined;
}

const maxProcessLength = 1_024;

/** Each on its own: of a record with a bad slot the node may be known. */
export function senderOf(headers: LogRecord['headers']): Sender {
  return {
    node: nodeOf(headers['hs-cluster'] ?? '', headers['hs-node'] ?? ''),
    slot: slotOf(headers['hs-slot'] ?? ''),
    process: headers['hs-proc']?.slice(0, maxProcessLength) || undefined,
  };
}

function nodeOf(cluster: string, node: string): string | undefined {
  return isName(cluster) && isName(node) ? `${cluster}/${node}` : undefined;
}

function slotOf(text: string): number | undefined {
  const slot = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return slot >= slotRange.min && slot <= slotRange.max ? slot : undefined;
}
