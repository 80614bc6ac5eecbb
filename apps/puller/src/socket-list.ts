import { posix } from 'node:path';
import { processName } from '@haproxystats/messaging';
import type { ServerAddress } from '@haproxystats/runtime';

/** More processes than this on one node are taken for a mistake. */
export const maxSockets = 1024;

/** Identity of the process behind an address, as a printable name: the absolute path of its socket, or host:port with IPv6 in brackets. */
export function processOf(address: ServerAddress): string {
  if (address.kind === 'unix') return processName(address.path);
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Every address once, in an order that stays the same over polls: socket files, then hosts. */
export function socketList(paths: readonly string[], servers: readonly ServerAddress[]): ServerAddress[] {
  const files = paths.map((path): ServerAddress => ({ kind: 'unix', path }));
  const addresses = [...files, ...servers].map(canonical);
  const byProcess = new Map(addresses.map((address) => [processOf(address), address]));
  return [...byProcess.keys()].sort().map((process) => byProcess.get(process)!);
}

/** One spelling for one address: `/run//a.sock` is `/run/a.sock`, `0:0::1` is `::1`. */
function canonical(address: ServerAddress): ServerAddress {
  if (address.kind === 'unix') return { ...address, path: posix.normalize(address.path) };
  const { host } = address;
  const v6 = host.includes(':') ? URL.parse(`tcp://[${host}]`)?.hostname.slice(1, -1) : undefined;
  return { ...address, host: v6 ?? host.toLowerCase() };
}
