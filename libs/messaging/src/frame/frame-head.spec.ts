import { randomBytes } from 'node:crypto';
import { presenceBytes, type Frame, type FrameHead } from '@haproxystats/metrics';
import { compress } from '../compression';
import type { LogRecord } from '../log';
import { RecordFormatError } from '../record-headers';
import { frameHead } from '../../../../test/support/frames';
import { encodeFrame } from './frame-codec';
import { frameRecords, readFrameHead, readFramePart } from './frame-record';

/** 240 KB of numbers that cannot be compressed. */
function largeFrame(change: Partial<FrameHead> = {}): Frame {
  const rows = 10_000;
  const present = new Uint8Array(presenceBytes(rows)).fill(0xff);
  const columns = ['a', 'b', 'c'].map((field) => {
    const values = Float64Array.from({ length: rows }, Math.random);
    return { field, rule: 'sum' as const, part: 'sum' as const, values, present };
  });
  const names = new Array<string>(rows).fill('p');
  return {
    head: frameHead(change),
    tables: [{ kind: 'backend', proxies: names, servers: names, columns, texts: [] }],
  };
}

function recordOf(frame: Frame): LogRecord {
  return frameRecords(frame)[0]!;
}

/** Some 2 MB that cannot be compressed well. */
const processes = Array.from({ length: 1_000 }, (_, pid) => ({
  process: `/run/${randomBytes(300).toString('hex')}.sock`,
  pid,
  startedAt: 1_700_000_000_000,
  version: '3.0.5',
}));

describe('the head of a frame', () => {
  it.each([
    ['a small frame', { head: frameHead(), tables: [] }],
    ['a large frame', largeFrame()],
    ['a frame whose head is large', largeFrame({ processes })],
  ])('is that of %s read whole', (_, frame) => {
    const record = recordOf(frame);
    expect(readFrameHead(record)).toEqual(frame.head);
    expect(readFrameHead(record)).toEqual(readFramePart(record).frame.head);
  });

  it('names of what is missing so much as can be read, and counts all', () => {
    const names = Array.from({ length: 30_000 }, (_, i) => `${i}-`.padEnd(255, 'x'));
    const nodes = {
      seen: 1,
      expected: 60_001,
      missing: names,
      keptOut: names.map((node) => ({ node, reason: 'clock' as const })),
    };
    const missing = Array.from({ length: 1_500 }, (_, i) => ({
      process: `lb1 ${'€'.repeat(1_000)}${i}`,
      reason: 'timeout' as const,
    }));
    const head = frameHead({ scope: 'cluster', node: '', nodes, missing });
    const read = readFrameHead(recordOf({ head, tables: [] }));
    const { length } = read.nodes!.missing;
    expect(length).toBeGreaterThan(1_000);
    expect(read).toEqual({
      ...head,
      missing: missing.slice(0, 1_024),
      nodes: { ...nodes, missing: names.slice(0, length), keptOut: nodes.keptOut.slice(0, length) },
    });
  });

  it('has room for the processes of a node, however long their names are', () => {
    const many = Array.from({ length: 1_024 }, (_, pid) => ({
      process: `/run/${pid}`.padEnd(1_024, '€'),
      pid,
      startedAt: 1_700_000_000_000,
      version: '€'.repeat(128),
      isStopping: true as const,
    }));
    const head = frameHead({ processes: many });
    expect(readFrameHead(recordOf({ head, tables: [] }))).toEqual(head);
  });

  it('is read without what lies behind it', () => {
    const frame = largeFrame();
    const record = recordOf(frame);
    const damaged = Buffer.from(record.value).fill(0, 140_000);
    expect(() => readFramePart({ ...record, value: damaged })).toThrow(RecordFormatError);
    expect(readFrameHead({ ...record, value: damaged })).toEqual(frame.head);
  });

  const whole = recordOf(largeFrame());
  it.each<[string, Partial<LogRecord>]>([
    ['other headers', { headers: { ...whole.headers, 'hs-slot': '1700000020000' } }],
    ['no headers', { headers: {} }],
    ['no bytes', { value: Buffer.alloc(0) }],
    ['bytes that are not compressed', { value: randomBytes(200_000) }],
    ['bytes that are none of a frame', { value: compress(randomBytes(200_000)) }],
    ['an early end', { value: whole.value.subarray(0, 20_000) }],
    ['no head', { value: compress(encodeFrame(largeFrame()).subarray(0, 4)) }],
    [
      'a head that ends behind the frame',
      {
        value: compress(
          Buffer.concat([Buffer.from('HSF2\x01\xff\xff\xff\x00', 'latin1'), randomBytes(100_000)]),
        ),
      },
    ],
    ['far more bytes than a frame has', { value: compress(Buffer.alloc(80 * 1024 * 1024)) }],
  ])('is refused with %s', (_, change) => {
    expect(() => readFrameHead({ ...whole, ...change })).toThrow(RecordFormatError);
  });
});
