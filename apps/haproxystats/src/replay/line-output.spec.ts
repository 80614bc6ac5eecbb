import { Writable } from 'node:stream';
import { LineOutput } from './line-output';

describe('the output of lines', () => {
  it('waits for its reader, but not when it is told to stop', async () => {
    const stop = new AbortController();
    const unread = new LineOutput(new Writable({ highWaterMark: 1, write: () => undefined }));
    const written = unread.write(Buffer.from('a line\n'), stop.signal);
    stop.abort();
    await expect(written).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('goes on when its reader has taken what was there', async () => {
    const taken: string[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write: (bytes: Buffer, _, done) => {
        taken.push(bytes.toString());
        setImmediate(done);
      },
    });
    const output = new LineOutput(slow);
    await output.write(Buffer.from('a\n'), new AbortController().signal);
    await output.write(Buffer.from('b\n'), new AbortController().signal);
    await output.flush();
    expect(taken.join('')).toBe('a\nb\n');
  });
});
