/** When a server is down: every `everySeconds`, from `afterSeconds` on, for `forSeconds`. */
export interface Outages {
  readonly everySeconds: number;
  readonly afterSeconds: number;
  readonly forSeconds: number;
}

export interface Health {
  readonly up: boolean;
  /** HAProxy's word, with its progress while checks pass again. */
  readonly status: string;
  readonly secondsInState: number;
  readonly outages: number;
  /** Down time in all. */
  readonly downSeconds: number;
}

/** The last seconds of an outage, in which checks pass again. */
const risingSeconds = 2;

/** The health of a server `seconds` after its process started; without outages it is up all the time. */
export function healthAt(seconds: number, outages?: Outages): Health {
  if (!outages) return { up: true, status: 'UP', secondsInState: seconds, outages: 0, downSeconds: 0 };
  const { everySeconds, afterSeconds, forSeconds } = outages;
  const cycle = Math.floor(seconds / everySeconds);
  const sinceDown = seconds - cycle * everySeconds - afterSeconds;
  const begun = sinceDown >= 0 ? cycle + 1 : cycle;
  const downSeconds = cycle * forSeconds + Math.min(forSeconds, Math.max(0, sinceDown));
  if (sinceDown < 0) {
    const sinceUp = cycle === 0 ? seconds : sinceDown + everySeconds - forSeconds;
    return { up: true, status: 'UP', secondsInState: sinceUp, outages: begun, downSeconds };
  }
  if (sinceDown >= forSeconds)
    return { up: true, status: 'UP', secondsInState: sinceDown - forSeconds, outages: begun, downSeconds };
  const status = sinceDown < forSeconds - risingSeconds ? 'DOWN' : 'DOWN 1/2';
  return { up: false, status, secondsInState: sinceDown, outages: begun, downSeconds };
}
