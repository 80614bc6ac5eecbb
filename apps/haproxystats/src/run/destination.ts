import type { Closable, Settings } from '@haproxystats/runtime';
import { relayAnswers, startReceiver, type Receiver } from '../demo';

/** Where the metrics go. */
export interface Destination extends Closable {
  readonly host: string;
  readonly port: number;
  readonly description: string;
  /** Ours, when nobody else listens. */
  readonly receiver: Receiver | undefined;
}

const askMs = 500;

/** The relay that is configured when it answers, else a receiver of our own on a free port. */
export async function openDestination({ graphite: { server: host, port } }: Settings): Promise<Destination> {
  if (await relayAnswers(host, port, askMs)) {
    return {
      host,
      port,
      description: `the relay on ${host}:${port}`,
      receiver: undefined,
      close: () => Promise.resolve(),
    };
  }
  const receiver = await startReceiver();
  return {
    host: '127.0.0.1',
    port: receiver.port,
    description: `our own receiver on 127.0.0.1:${receiver.port} (no relay on ${host}:${port})`,
    receiver,
    close: () => receiver.close(),
  };
}
