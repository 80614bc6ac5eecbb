import type { Clock, Closable, Logger, Settings } from '@haproxystats/runtime';
import { formatServerAddress } from '@haproxystats/runtime';
import { startDemoFleet } from '../demo';

/** What is polled. */
export interface Source extends Closable {
  readonly settings: Settings;
  readonly description: string;
  readonly sockets: readonly string[];
  /** A proxy whose lines are worth showing; undefined: any. */
  readonly frontend: string | undefined;
  readonly isDemo: boolean;
}

const demoIntervalSeconds = 2;

/** The sockets that the settings name; where they name none, a demo fleet. */
export async function openSource(
  settings: Settings,
  ports: { clock: Clock; logger: Logger },
): Promise<Source> {
  const { 'socket-dir': socketDir, servers = [], 'master-socket': masters = [] } = settings.pull;
  const sockets = [
    ...(socketDir === undefined ? [] : [`${socketDir}/*`]),
    ...[...servers, ...masters].map(formatServerAddress),
  ];
  if (sockets.length === 0) return demo(settings, ports);
  return {
    settings,
    description: 'the HAProxy processes behind these sockets',
    sockets,
    frontend: undefined,
    isDemo: false,
    close: () => Promise.resolve(),
  };
}

async function demo(settings: Settings, ports: { clock: Clock; logger: Logger }): Promise<Source> {
  const fleet = await startDemoFleet(ports);
  const pull = {
    ...settings.pull,
    'socket-dir': fleet.socketDirectory,
    'pull-interval': demoIntervalSeconds,
  };
  return {
    settings: { ...settings, pull },
    description: fleet.description,
    sockets: [`${fleet.socketDirectory}/*`],
    frontend: fleet.frontends[0],
    isDemo: true,
    close: () => fleet.stop(),
  };
}
