import { ContainerServers } from './containers/container-servers';
import { NativeServers } from './native/native-servers';
import { announcedProvision, type Provision } from './provision';
import type { Server, ServerKind, Servers } from './servers';

/**
 * A `describe` whose tests need these kinds of server, which they start through what they are handed; all of them are
 * stopped at its end. Where a kind cannot be had the tests are skipped, and the reason stands in their title.
 */
export function describeWith(kinds: ServerKind[], name: string, tests: (servers: Servers) => void): void {
  const { provider, missing } = announcedProvision();
  const reasons = reasonsToSkip(kinds, missing);
  if (reasons !== '') {
    describe.skip(`${name} (${reasons})`, () => tests(unavailable));
    return;
  }
  describe(name, () => {
    const started: Server[] = [];
    const servers = provider === 'containers' ? new ContainerServers() : new NativeServers();
    tests(recording(servers, started));
    afterAll(() => Promise.all(started.map((server) => server.stop())));
  });
}

function reasonsToSkip(kinds: ServerKind[], missing: Provision['missing']): string {
  const byReason = Map.groupBy(kinds, (kind) => missing[kind] ?? '');
  byReason.delete('');
  return [...byReason].map(([reason, absent]) => `no ${absent.join(', ')}: ${reason}`).join('; ');
}

function recording(servers: Servers, started: Server[]): Servers {
  const record = async <T extends Server>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    started.push(server);
    return server;
  };
  return {
    kafka: () => record(servers.kafka()),
    redis: () => record(servers.redis()),
    haproxy: (options) => record(servers.haproxy(options)),
    carbon: () => record(servers.carbon()),
    registry: () => record(servers.registry()),
  };
}

const never = () => Promise.reject(new Error('a skipped test asked for a server'));
const unavailable: Servers = { kafka: never, redis: never, haproxy: never, carbon: never, registry: never };
