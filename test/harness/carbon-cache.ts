import { once } from 'node:events';
import { connect } from 'node:net';
import { Parser } from 'pickleparser';
import type { Point } from './servers';

const timeoutMs = 5_000;

/**
 * What carbon has taken for `path` and not yet written to its file, in no order; nothing of one that is not running.
 * A slow disk may take half a minute for some thousand new files; Graphite too reads both. Both sides speak Python's pickle behind a
 * length of four bytes (carbon.protocols.CacheManagementHandler).
 */
export async function cachedPoints(host: string, port: number, path: string): Promise<Point[]> {
  const request = Buffer.from(`(dS'type'\nS'cache-query'\nsS'metric'\nS'${path}'\ns.`);
  const reply = await ask(host, port, framed(request));
  if (reply === undefined) return [];
  const { datapoints } = new Parser().parse<{ datapoints: Point[] }>(reply);
  return datapoints;
}

/** undefined where nothing listens, or what listens for a container closes without a word. */
async function ask(host: string, port: number, request: Buffer): Promise<Buffer | undefined> {
  const connection = connect({ host, port, timeout: timeoutMs });
  connection.once('timeout', () =>
    connection.destroy(new Error(`${host}:${port}: carbon does not answer within ${timeoutMs} ms`)),
  );
  try {
    await once(connection, 'connect');
    connection.write(request);
    let reply = Buffer.alloc(0);
    for await (const part of connection as AsyncIterable<Buffer>) {
      reply = Buffer.concat([reply, part]);
      const end = lengthBytes + (reply.length < lengthBytes ? Infinity : reply.readUInt32BE(0));
      if (reply.length >= end) return reply.subarray(lengthBytes, end);
    }
    if (reply.length > 0) throw new Error(`${host}:${port}: carbon's answer is cut off`);
    return undefined;
  } catch (error) {
    if (['ECONNREFUSED', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  } finally {
    connection.destroy();
  }
}

const lengthBytes = 4;

function framed(payload: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(payload.length, 0);
  return Buffer.concat([length, payload]);
}
