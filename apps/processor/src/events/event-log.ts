import { LetterRate, type RateBounds } from '@haproxystats/messaging';
import type { HaproxyEvent } from '@haproxystats/metrics';
import { LastTold, type Clock, type Logger } from '@haproxystats/runtime';
import { eventLine } from './event-lines';

/** Lines of one node in a minute, and of all: where everything goes down at once, the log must stay readable. */
const defaultBounds: RateBounds = { perNode: 60, overall: 600, nodes: 10_000 };

export interface EventLogPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bounds?: RateBounds;
  /** An event that is not told for want of room. */
  readonly onUntold?: () => void;
}

/** Tells events as lines of the log, so many a minute. */
export class EventLog {
  readonly #rate: LetterRate;
  readonly #cut = new LastTold();

  constructor(private readonly ports: EventLogPorts) {
    this.#rate = new LetterRate(ports.clock, ports.bounds ?? defaultBounds);
  }

  tell(event: HaproxyEvent): void {
    const { cluster, node } = event;
    const isTold = this.#rate.take(`${cluster}/${node}`) === 'taken';
    const isNews = this.#cut.isNews(`${cluster}/${node}`, isTold ? '' : 'cut');
    if (isTold) {
      const { level, text } = eventLine(event);
      this.ports.logger[level]({ event }, text);
      return;
    }
    this.ports.onUntold?.();
    if (isNews)
      this.ports.logger.warn(
        { cluster, node },
        `node ${node}: more events than are logged; the rest is counted, and stands in the topic of events alone, where there is one`,
      );
  }
}
