import type { Parsed } from './fault';

/** A stats socket as [pull] servers names it. */
export type ServerAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

const tcp = /^(?:\[([^\]]+)\]|([^:/@]*))(?::(\d*))?\/?$/;

/** `unix:///path` or `tcp://host:port`, an IPv6 address in []. */
export function parseServerAddress(url: string): Parsed<ServerAddress> {
  const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/is.exec(url) ?? [];
  switch (scheme?.toLowerCase()) {
    case 'unix':
      return rest.startsWith('/')
        ? { value: { kind: 'unix', path: rest } }
        : { fault: `path is not set in '${url}', as in unix:///run/haproxy.sock` };
    case 'tcp':
      return parseTcp(rest, url);
    default:
      return { fault: `only unix:// and tcp:// servers are supported, not '${url}'` };
  }
}

function parseTcp(rest: string, url: string): Parsed<ServerAddress> {
  const [matched, bracketed, plain, digits = ''] = tcp.exec(rest) ?? [];
  if (matched === undefined) {
    const hint = rest.includes('::') ? ': an IPv6 address stands in []' : '';
    return { fault: `'${url}' is not tcp://host:port${hint}` };
  }
  const host = bracketed ?? plain;
  if (!host) return { fault: `host is not set in '${url}'` };
  const port = Number(digits);
  if (port === 0) return { fault: `port is not set in '${url}'` };
  if (port > 65535) return { fault: `port ${digits} of '${url}' is out of range 1-65535` };
  return { value: { kind: 'tcp', host: host.toLowerCase(), port } };
}

/** The URL that `parseServerAddress` reads. */
export function formatServerAddress(address: ServerAddress): string {
  if (address.kind === 'unix') return `unix://${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}
