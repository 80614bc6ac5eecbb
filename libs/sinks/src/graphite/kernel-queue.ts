import { createReadStream } from 'node:fs';
import { SocketAddress, type Socket } from 'node:net';
import { endianness } from 'node:os';

/** Where Linux tells, to anybody, of each TCP connection of this network namespace. */
const tables: Readonly<Record<string, string>> = { IPv4: '/proc/net/tcp', IPv6: '/proc/net/tcp6' };

/** A connection takes 150 to 180 bytes; on a host with more than some 6,000 of them looking would cost more than it is worth. */
const maxTableBytes = 1024 * 1024;

/**
 * Bytes of the connection that the other side's kernel has not acknowledged, whether they were sent or not. undefined where that cannot be
 * known: on another system than Linux, among too many connections, and when the connection is gone.
 */
export async function unacknowledgedBytes(
  socket: Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort' | 'remoteFamily'>,
): Promise<number | undefined> {
  const { localAddress, localPort, remoteAddress, remotePort, remoteFamily = '' } = socket;
  const table = tables[remoteFamily];
  if (table === undefined || localPort === undefined || remotePort === undefined) return undefined;
  const [local, remote] = [localPort, remotePort].map((port) => port.toString(16).padStart(4, '0'));
  const row = new RegExp(`^ *\\d+: (\\w+):${local} (\\w+):${remote} \\w+ (\\w+):`, 'gim');
  for (const [, from, to, bytes] of (await beginningOf(table)).matchAll(row)) {
    if (isSame(from!, localAddress) && isSame(to!, remoteAddress)) return parseInt(bytes!, 16);
  }
  return undefined;
}

async function beginningOf(path: string): Promise<string> {
  let text = '';
  try {
    const table = createReadStream(path, { encoding: 'latin1', end: maxTableBytes });
    for await (const chunk of table) text += chunk as string;
  } catch {
    // What cannot be read says nothing.
  }
  return text;
}

/** The table has an address as words of 4 bytes, in the order of this machine. */
function isSame(inTable: string, address = ''): boolean {
  const bytes = Buffer.from(inTable, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  const text =
    bytes.length === 4
      ? bytes.join('.')
      : new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
  return text === address.replace(/%.*/, '');
}
