/** Lists the stats sockets of the process that answers (management guide, "show cli sockets"); any level may ask, since HAProxy 1.8. */
export const showCliSockets = 'show cli sockets';

/** What an address said to `show cli sockets`. */
export interface CliSockets {
  /** Identity of the address: socket path or host:port, or that of a worker behind a master. */
  readonly process: string;
  /** It is a worker behind a master, whose name is no socket of its own. */
  readonly isWorker?: boolean;
  readonly text: string;
}

/**
 * Whether two addresses lead to one process: then both are told of the same sockets, and each address is another one of them.
 * Pid, start and host name do not tell: in containers they can all be equal. Of a worker behind a master the lists must be the same,
 * and the address one of the sockets; two masters have no worker in common. undefined when HAProxy does not answer the question.
 */
export function leadToOneProcess(one: CliSockets, other: CliSockets): boolean | undefined {
  const [sockets, same] = [socketsOf(one.text), socketsOf(other.text)];
  if (!sockets || !same) return undefined;
  if (sockets.join('\n') !== same.join('\n')) return false;
  const [address, ...more] = [one, other].filter(({ isWorker }) => !isWorker);
  if (more.length === 0)
    return sockets.some((socket) => address !== undefined && leadsTo(socket, address.process));
  const mine = sockets.filter((socket) => leadsTo(socket, one.process));
  const others = sockets.filter((socket) => leadsTo(socket, other.process));
  return mine.some((socket) => others.some((another) => another !== socket));
}

function socketsOf(text: string): string[] | undefined {
  const [header, ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  if (!header?.startsWith('# socket')) return undefined;
  return lines.map((line) => line.split(' ')[0]!);
}

/** By what stays the same seen from outside of a container: a path's last part, a port. */
function leadsTo(socket: string, process: string): boolean {
  const separator = process.startsWith('/') ? '/' : ':';
  return process.slice(process.lastIndexOf(separator)) === socket.slice(socket.lastIndexOf(separator));
}
