import Decoder from 'kafkajs/src/protocol/decoder';
import { computedMs } from '../../../../test/support/own-time';
import { HeaderReader, maxHeaders, RecordFormatError } from '../record-headers';
import { boundHeaders } from './bounded-headers';

type Encoder = Record<string, (value: unknown) => void> & { readonly buffer: Buffer };
/** kafkajs' own, as its fetches use them. */
const KafkaEncoder = jest.requireActual<new () => Encoder>('kafkajs/src/protocol/encoder');
const decodeRecord = jest.requireActual<
  (from: Decoder, batch: object) => { headers: Record<string, Buffer>; value: Buffer }
>('kafkajs/src/protocol/recordBatch/record/v0/decoder');

function decoded(headers: readonly (readonly [string, string])[], count = headers.length) {
  const encoder = new KafkaEncoder();
  encoder['writeInt8']!(0);
  encoder['writeVarLong']!(0);
  encoder['writeVarInt']!(0);
  encoder['writeVarIntBytes']!(Buffer.from('key'));
  encoder['writeVarIntBytes']!(Buffer.from('value'));
  encoder['writeVarInt']!(count);
  for (const [name, value] of headers) {
    encoder['writeVarIntString']!(name);
    encoder['writeVarIntBytes']!(Buffer.from(value));
  }
  return decodeRecord(new Decoder(encoder.buffer), { firstOffset: '5', firstTimestamp: '1' });
}

const textsOf = (headers: Record<string, Buffer>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

describe('the headers of a record from Kafka', () => {
  beforeAll(boundHeaders);

  it('come as they are where they are as many as ours', () => {
    const { headers, value } = decoded([
      ['hs-v', '1'],
      ['hs-node', 'lb1'],
    ]);
    expect([textsOf(headers), value.toString()]).toEqual([{ 'hs-v': '1', 'hs-node': 'lb1' }, 'value']);
    expect(decoded([]).headers).toEqual({});
  });

  it('stop no reader where they are 100,000, and are refused', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => [i.toString(36), ''] as const);
    let read!: ReturnType<typeof decoded>;
    expect(computedMs(() => (read = decoded(many)))).toBeLessThan(1_000);
    const { headers, value } = read;
    expect([Object.keys(headers).length, value.toString()]).toEqual([maxHeaders + 1, 'value']);
    expect(() => new HeaderReader(textsOf(headers))).toThrow(RecordFormatError);
  });

  it('take no memory for what they only claim to be', () => {
    expect(
      Object.keys(
        decoded(
          Array.from({ length: 300 }, (_, i) => [`h${i}`, '']),
          2 ** 31 - 1,
        ).headers,
      ),
    ).toHaveLength(maxHeaders + 1);
  });
});
