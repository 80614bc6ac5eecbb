/** Where the numbers come from and where they go. Sentences for the screen, without a full stop. */
export interface RunPlan {
  readonly version: string;
  readonly intervalSeconds: number;
  /** What is polled, e.g. `2 real HAProxy 2.6.12 processes, started for this demo`. */
  readonly source: string;
  /** The stats sockets, or their directory. */
  readonly sockets: readonly string[];
  /** Where the metrics go, e.g. `the relay on 127.0.0.1:3002`. */
  readonly destination: string;
  /** Ends of its own accord after so many polls. */
  readonly polls?: number;
}

/** One poll of one node, once its metrics are delivered. */
export interface PollReport {
  /** Start of the slot, ms since the epoch. */
  readonly slotMs: number;
  readonly node: string;
  /** Processes that answered, of those that should have. */
  readonly covered: number;
  readonly expected: number;
  readonly rows: number;
  readonly metrics: number;
  /** From the begin of the poll to its delivery. */
  readonly elapsedMs: number;
}

/** The lines of one proxy as the receiver holds them. */
export interface ReadBack {
  /** E.g. `frontend www`. */
  readonly proxy: string;
  /** Whole lines: path, value, timestamp. */
  readonly lines: readonly string[];
  /** How many there are in all, of which `lines` may be the first. */
  readonly total: number;
}

export interface RunSummary {
  readonly seconds: number;
  readonly complete: number;
  readonly partial: number;
  /** Polls that are not delivered. */
  readonly waiting: number;
  /** The directory that keeps those for the next run; undefined: they went with the demo. */
  readonly keptIn: string | undefined;
  readonly linesDelivered: number;
  /** undefined: nobody counted, because the lines went to a relay that is not ours. */
  readonly linesLost: number | undefined;
  readonly destination: string;
  /** How the program was called, without options: `npm start --` or `haproxystats run`. */
  readonly command: string;
}
