import { loadSettings, type Closable, type Settings } from '@haproxystats/runtime';
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

const { graphite: byDefault } = loadSettings({ env: {} }).settings;

/**
 * The relay of the settings. Where nobody has written one and none answers on the default port, a receiver of our own on a free
 * port; a relay that somebody has written is waited for, because what our receiver takes is gone at the end.
 */
export async function openDestination({ graphite: { server: host, port } }: Settings): Promise<Destination> {
  const isWritten = host !== byDefault.server || port !== byDefault.port;
  const answers = await relayAnswers(host, port, askMs);
  if (isWritten || answers) {
    return {
      host,
      port,
      description: `the relay on ${host}:${port}${answers ? '' : ', which does not answer yet'}`,
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
