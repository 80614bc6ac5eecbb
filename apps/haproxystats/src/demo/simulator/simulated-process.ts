import { seededRandom } from '../seeded-random';
import { isListen, type Site, type SiteFrontend } from '../site';
import { sumOf, type Activity } from './activity';
import { statHeader } from './columns';
import { countOf } from './counts';
import { infoText } from './info-lines';
import { ownPattern, type RequestPattern } from './request-pattern';
import { SimulatedServer, type ServerState } from './simulated-server';
import { backendLine, connectionsOf, frontendLine, serverLine, type Proxy } from './stat-lines';

interface SimulatedBackend {
  readonly proxy: Proxy;
  readonly servers: readonly SimulatedServer[];
}

interface SimulatedFrontend {
  readonly proxy: Proxy;
  readonly listen: boolean;
  readonly backends: readonly SimulatedBackend[];
}

interface BackendState extends Activity {
  readonly proxy: Proxy;
  readonly servers: readonly ServerState[];
}

interface FrontendState extends Activity {
  readonly frontend: SimulatedFrontend;
  readonly backends: readonly BackendState[];
}

export interface SimulatedProcessOptions {
  readonly site: Site;
  /** From 1. */
  readonly number: number;
  readonly seed: number;
  readonly pattern: RequestPattern;
  /** When the process started, in seconds since the epoch. */
  readonly startedAtSeconds: number;
}

/** Of so many requests a frontend answers one itself. */
const ownShare = 50;
/** One server of every so many backends goes down and comes back. */
const backendsPerOutage = 10;
const outageSeconds = { everySeconds: 60, forSeconds: 12 };

/** What one HAProxy process of the site would say. A function of the time alone: no state, no clock. */
export class SimulatedProcess {
  readonly #frontends: readonly SimulatedFrontend[];

  constructor(private readonly options: SimulatedProcessOptions) {
    this.#frontends = this.#frontendsOf(options.site);
  }

  /** The answer to `show info` after so many seconds of uptime, without the empty line behind it. */
  infoAt(uptimeSeconds: number): string {
    const { number, startedAtSeconds } = this.options;
    const states = this.#statesAt(uptimeSeconds);
    const { counts, rate, peakRate, sessions } = sumOf(states);
    const connections = states.map(({ frontend, ...activity }) => connectionsOf(frontend.proxy, activity));
    return infoText({
      number,
      startedAtSeconds,
      uptimeSeconds: Math.floor(uptimeSeconds),
      connections: connections.reduce((sum, { total }) => sum + total, 0),
      connectionRate: connections.reduce((sum, { rate }) => sum + rate, 0),
      requests: countOf(counts, 'stot'),
      requestRate: rate,
      peakRate,
      sessions,
      bytesOut: countOf(counts, 'bout'),
    });
  }

  /** The answer to `show stat`, likewise. */
  statAt(uptimeSeconds: number): string {
    const states = this.#statesAt(uptimeSeconds);
    const lines = [statHeader];
    for (const state of states) {
      lines.push(frontendLine(state.frontend.proxy, state));
      if (state.frontend.listen) lines.push(...backendLines(state.backends));
    }
    for (const { frontend, backends } of states) if (!frontend.listen) lines.push(...backendLines(backends));
    return lines.join('');
  }

  #frontendsOf(site: Site): SimulatedFrontend[] {
    const random = seededRandom(this.options.seed * 1000 + this.options.number);
    let nextId = 2;
    let backendNumber = 0;
    return site.map((frontend: SiteFrontend) => {
      const id = nextId++;
      const listen = isListen(frontend);
      const backends = frontend.backends.map(({ name, mode, servers }) => ({
        proxy: { name, mode, id: listen ? id : nextId++ },
        servers: this.#serversOf(servers, backendNumber++ % backendsPerOutage === 0, random),
      }));
      return { proxy: { name: frontend.name, mode: frontend.mode, id }, listen, backends };
    });
  }

  #serversOf(names: readonly string[], withOutages: boolean, random: () => number): SimulatedServer[] {
    const outages = { ...outageSeconds, afterSeconds: 30 + this.options.number };
    return names.map((name, index) => {
      const fails = withOutages && names.length > 1 && index === names.length - 1;
      return new SimulatedServer({
        name,
        pattern: this.options.pattern,
        random,
        ...(fails ? { outages } : {}),
      });
    });
  }

  #statesAt(seconds: number): FrontendState[] {
    return this.#frontends.map((frontend) => {
      const backends = frontend.backends.map(({ proxy, servers }) => {
        const states = servers.map((server) => server.stateAt(seconds));
        return { proxy, servers: states, ...sumOf(states) };
      });
      const served = sumOf(backends);
      const all = frontend.proxy.mode === 'http' ? withOwnAnswers(served) : served;
      return { frontend, backends, ...all };
    });
  }
}

function withOwnAnswers(served: Activity): Activity {
  const requests = countOf(served.counts, 'stot');
  const own = Math.floor(requests / ownShare);
  const rate = own - Math.floor((requests - served.rate) / ownShare);
  const peakRate = Math.ceil(served.peakRate / ownShare) + 1;
  return sumOf([served, { counts: ownPattern.counts(0, own), rate, peakRate, sessions: 0, peakSessions: 1 }]);
}

function backendLines(backends: readonly BackendState[]): string[] {
  return backends.flatMap(({ proxy, servers, ...activity }) => [
    ...servers.map((server, index) => serverLine(proxy, server, index + 1)),
    backendLine(proxy, { ...activity, servers }),
  ]);
}
