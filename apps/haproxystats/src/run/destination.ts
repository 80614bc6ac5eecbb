import { processorConfigOf } from '@haproxystats/processor';
import type { Closable, Settings } from '@haproxystats/runtime';
import { relayName, type GraphiteConfig } from '@haproxystats/sinks';
import { relayAnswers, startReceiver, type Receiver } from '../demo';

type RelaysInOrder = Pick<GraphiteConfig, 'address' | 'failover'>;

/** Where the metrics go. */
export interface Destination extends Closable {
  readonly relays: RelaysInOrder;
  readonly name: string;
  /** With what is known of it at the start. */
  readonly description: string;
  /** Ours, when nobody else listens. */
  readonly receiver: Receiver | undefined;
}

const askMs = 500;

const relayOptions = ['graphite.server', 'graphite.port', 'graphite.failover'];

/**
 * The relays of the settings. Where nobody has written one and none answers on the default port, a receiver of our own on a free
 * port; relays that somebody has written are waited for, because what our receiver takes is gone at the end. The made-up numbers
 * of a demo go to no relay that nobody has written.
 */
export async function openDestination(
  settings: Settings,
  { isDemo }: { readonly isDemo: boolean },
): Promise<Destination> {
  const { address, failover } = processorConfigOf(settings).graphite;
  const isWritten = relayOptions.some((option) => settings.written.has(option));
  if (!isWritten && isDemo) return ownReceiver('of this demo');
  const relays = [address, ...failover];
  const answers = await Promise.all(relays.map((relay) => relayAnswers(relay.host, relay.port, askMs)));
  if (!isWritten && !answers[0]) return ownReceiver(`no relay on ${relayName(address)}`);
  const names = relays.map(relayName);
  const states = names.map((name, i) => (answers[i] ? name : `${name}, which does not answer yet`));
  return {
    relays: { address, failover },
    name: inOrder(names),
    description: inOrder(states),
    receiver: undefined,
    close: () => Promise.resolve(),
  };
}

function inOrder(relays: readonly string[]): string {
  return `the relay on ${relays.join(', or else ')}`;
}

async function ownReceiver(why: string): Promise<Destination> {
  const receiver = await startReceiver();
  const address = { host: '127.0.0.1', port: receiver.port };
  const name = `our own receiver on ${relayName(address)} (${why})`;
  return {
    relays: { address, failover: [] },
    name,
    description: name,
    receiver,
    close: () => receiver.close(),
  };
}
