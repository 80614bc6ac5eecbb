import { Allowance, ReplyBuffer } from './reply-buffer';

const plenty = () => new Allowance(1e9);

/** Writes `text` as a socket does: as much as fits, as often as needed. */
function write(reply: ReplyBuffer, text: string): boolean {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    const bytes = rest.copy(reply.space());
    if (!reply.filled(bytes)) return false;
    rest = rest.subarray(bytes);
  }
  return true;
}

describe('ReplyBuffer', () => {
  it('keeps all bytes in order while it grows', () => {
    const reply = new ReplyBuffer(1e6);
    reply.begin(plenty());
    const parts = Array.from({ length: 300 }, (_, i) => `${i}`.repeat(500));
    for (const part of parts) expect(write(reply, part)).toBe(true);
    expect(reply.bytes.toString()).toBe(parts.join(''));
    expect(reply.length).toBe(parts.join('').length);
  });

  it('writes a reply over the last one, in the same memory', () => {
    const reply = new ReplyBuffer(1e6);
    reply.begin(plenty());
    write(reply, 'a'.repeat(500_000));
    reply.begin(plenty());
    const memory = reply.bytes.buffer;
    write(reply, 'a'.repeat(500_000));
    reply.begin(plenty());
    expect(reply.bytes).toHaveLength(0);
    write(reply, 'b'.repeat(499_999));
    expect(reply.bytes.buffer).toBe(memory);
    expect(reply.bytes.toString()).toBe('b'.repeat(499_999));
  });

  it('takes little more memory than its replies, however they got there', () => {
    const reply = new ReplyBuffer(1e7);
    for (const length of [1_100_000, 1_050_000, 1_100_000]) {
      reply.begin(plenty());
      write(reply, 'x'.repeat(length));
    }
    expect(reply.bytes.buffer.byteLength).toBeLessThan(1_300_000);
  });

  it('keeps its memory while replies go up and down', () => {
    const reply = new ReplyBuffer(1e7);
    const buffers = [1_000_000, 700_000, 1_000_000, 700_000, 1_000_000].map((length) => {
      reply.begin(plenty());
      write(reply, 'x'.repeat(length));
      return reply.bytes.buffer;
    });
    expect(new Set(buffers.slice(1)).size).toBe(1);
  });

  it('gives memory back after replies became much smaller, little by little', () => {
    const reply = new ReplyBuffer(1e7);
    for (const length of [9e6, ...new Array<number>(30).fill(1_000)]) {
      reply.begin(plenty());
      write(reply, 'x'.repeat(length));
    }
    expect(reply.bytes.buffer.byteLength).toBeLessThan(100_000);
  });

  it('says stop as soon as the reply is too large', () => {
    const reply = new ReplyBuffer(1000);
    reply.begin(plenty());
    expect(write(reply, 'x'.repeat(1000))).toBe(true);
    expect(write(reply, 'x')).toBe(false);
  });

  it('says stop when all replies together are too large', () => {
    const allowance = new Allowance(1500);
    const [one, other] = [new ReplyBuffer(1000), new ReplyBuffer(1000)] as const;
    one.begin(allowance);
    other.begin(allowance);
    expect(write(one, 'x'.repeat(1000))).toBe(true);
    expect(write(other, 'x'.repeat(500))).toBe(true);
    expect(write(other, 'x')).toBe(false);
  });
});
