import type { Activity } from './activity';
import { healthAt, type Health, type Outages } from '../outages';
import type { RequestPattern } from './request-pattern';

export interface Times {
  readonly qtime: number;
  readonly ctime: number;
  readonly rtime: number;
  readonly ttime: number;
}

export interface ServerState extends Activity {
  readonly name: string;
  readonly health: Health;
  readonly times: Times;
  readonly peakTimes: Times;
}

export interface SimulatedServerOptions {
  readonly name: string;
  readonly pattern: RequestPattern;
  readonly random: () => number;
  readonly outages?: Outages;
}

/** Requests come in waves: their rate swings by this share around its mean, once per `swingSeconds`. */
const swing = 0.6;
const swingSeconds = 240;
const turn = (2 * Math.PI) / swingSeconds;

/** A server whose whole past follows from the seconds since its process started. */
export class SimulatedServer {
  readonly #perSecond: number;
  readonly #phase: number;
  readonly #firstRequest: number;
  readonly #responseMs: number;

  constructor(private readonly options: SimulatedServerOptions) {
    const { random, pattern } = options;
    this.#perSecond = 0.5 + 4 * random();
    this.#phase = 2 * Math.PI * random();
    this.#firstRequest = Math.floor(pattern.length * random());
    this.#responseMs = 5 + 80 * random() ** 2;
  }

  stateAt(seconds: number): ServerState {
    const { name, pattern, outages } = this.options;
    const requests = this.#requestsAt(seconds);
    const rate = requests - this.#requestsAt(seconds - 1);
    const peakRate = Math.ceil(this.#perSecond * (1 + swing)) + 1;
    const times = this.#timesAt(1 + 0.3 * Math.sin(turn * seconds + this.#phase));
    const peakTimes = this.#timesAt(4);
    return {
      name,
      health: healthAt(seconds, outages),
      counts: pattern.counts(this.#firstRequest, requests),
      rate,
      peakRate,
      sessions: Math.round((rate * times.ttime) / 1000),
      peakSessions: Math.ceil((peakRate * peakTimes.ttime) / 1000),
      times,
      peakTimes,
    };
  }

  /** The rate of the waves, integrated over the seconds in which the server was up. */
  #requestsAt(seconds: number): number {
    if (seconds <= 0) return 0;
    const served = seconds - healthAt(seconds, this.options.outages).downSeconds;
    const waves = (swing / turn) * (Math.cos(this.#phase) - Math.cos(turn * served + this.#phase));
    return Math.floor(this.#perSecond * (served + waves));
  }

  #timesAt(load: number): Times {
    const qtime = Math.round(load / 2);
    const ctime = Math.round(load);
    const rtime = Math.round(this.#responseMs * load);
    return { qtime, ctime, rtime, ttime: qtime + ctime + rtime + Math.round(3 * load) };
  }
}
