import Decoder from 'kafkajs/src/protocol/decoder';
import { maxHeaders } from '../record-headers';

/**
 * kafkajs 2.2.4 puts the headers of a record together in quadratic time: 8,000 of them, in 39 kB, stop the event loop for 10 s, and what
 * fits into a record for an hour, at every member of the group in turn. Of more than a record of ours has, one more is read, so that it shows.
 */
export function boundHeaders(): void {
  const decoder = Decoder.prototype;
  if (decoder.bounded) return;
  // Used for headers only; what is left unread is cut off with its record.
  decoder.readVarIntArray = function <T>(this: typeof decoder, read: (from: typeof decoder) => T): T[] {
    const count = Math.min(this.readVarInt(), maxHeaders + 1);
    const items: T[] = [];
    while (items.length < count) items.push(read(this));
    return items;
  };
  decoder.bounded = true;
}
