import { Allowance, ReplyBuffer } from './reply-buffer';

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
    const reply = new ReplyBuffer({ maxReplyBytes: 1e6, allowance: new Allowance(1e6) });
    const parts = Array.from({ length: 300 }, (_, i) => `${i}`.repeat(500));
    for (const part of parts) expect(write(reply, part)).toBe(true);
    expect(reply.bytes.toString()).toBe(parts.join(''));
    expect(reply.length).toBe(parts.join('').length);
  });

  it('has room for a reply like the last one without growing', () => {
    const reply = new ReplyBuffer({
      maxReplyBytes: 1e6,
      allowance: new Allowance(1e6),
      expectedBytes: 500_000,
    });
    expect(reply.space().length).toBeGreaterThan(500_000);
  });

  it('says stop as soon as the reply is too large', () => {
    const reply = new ReplyBuffer({ maxReplyBytes: 1000, allowance: new Allowance(1e6) });
    expect(write(reply, 'x'.repeat(1000))).toBe(true);
    expect(write(reply, 'x')).toBe(false);
  });

  it('says stop when all replies together are too large', () => {
    const allowance = new Allowance(1500);
    const one = new ReplyBuffer({ maxReplyBytes: 1000, allowance });
    const other = new ReplyBuffer({ maxReplyBytes: 1000, allowance });
    expect(write(one, 'x'.repeat(1000))).toBe(true);
    expect(write(other, 'x'.repeat(500))).toBe(true);
    expect(write(other, 'x')).toBe(false);
  });
});
