import { get } from 'node:http';
import { text } from 'node:stream/consumers';

export interface StatusPlace {
  readonly address: string;
  readonly port: number;
}

export interface StatusAnswer {
  readonly status: number;
  readonly text: string;
}

/** What the status server there answers. An address that means "all" (0.0.0.0, ::) leads to this machine. Rejects without a whole answer in time. */
export function askStatus(
  { address, port }: StatusPlace,
  { path, timeoutMs }: { readonly path: string; readonly timeoutMs: number },
): Promise<StatusAnswer> {
  // An agent of its own: the proxy that the environment may name is not meant.
  const options = { host: address, port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) };
  return new Promise((resolve, reject) => {
    get(options, (response) => {
      const status = response.statusCode ?? 0;
      text(response).then((body) => resolve({ status, text: body }), reject);
    }).on('error', reject);
  });
}
