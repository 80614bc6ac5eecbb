import type { EventType, HaproxyEvent } from '@haproxystats/metrics';

/** States into which nobody puts a server or proxy on purpose. */
const troubles: ReadonlySet<string> = new Set(['DOWN', 'UNKNOWN']);

interface LineRow {
  readonly text: (event: HaproxyEvent) => string;
  /** Somebody may have to act on it. */
  readonly isTrouble: (event: HaproxyEvent) => boolean;
}

const never = (): boolean => false;
const stateRow: LineRow = {
  text: ({ entity, from, to, detail, duration_ms }) =>
    `${entity}: ${from || 'not there'} -> ${to || 'not there'}${inBrackets(detail)}${after(duration_ms)}`,
  isTrouble: ({ to }) => troubles.has(to),
};

/** How each type of event is told in the log. */
const rows: Readonly<Record<EventType, LineRow>> = {
  process_started: {
    text: ({ entity, to, detail }) => `${entity} started as pid ${to}${inBrackets(detail)}`,
    isTrouble: never,
  },
  process_reloaded: {
    text: ({ entity, from, to, detail, duration_ms }) =>
      `${entity} reloaded: pid ${from} -> ${to}${inBrackets(detail)}${after(duration_ms)}`,
    isTrouble: never,
  },
  process_gone: {
    text: ({ entity, from, detail, duration_ms }) =>
      `${entity} is gone: pid ${from}${inBrackets(detail)}${after(duration_ms)}`,
    // An old worker that ends is not named any more; whatever gives no answer is.
    isTrouble: ({ detail }) => detail !== '',
  },
  proxy_state: stateRow,
  server_state: stateRow,
  node_joined: { text: () => 'joined', isTrouble: never },
  node_left: { text: ({ duration_ms }) => `left${after(duration_ms)}`, isTrouble: () => true },
};

/** An event as a line of the log. */
export function eventLine(event: HaproxyEvent): { readonly level: 'info' | 'warn'; readonly text: string } {
  const { text, isTrouble } = rows[event.type];
  return { level: isTrouble(event) ? 'warn' : 'info', text: `node ${event.node}: ${text(event)}` };
}

function inBrackets(detail: string): string {
  return detail === '' ? '' : ` (${detail})`;
}

function after(durationMs: number | undefined): string {
  return durationMs === undefined ? '' : ` after ${Math.round(durationMs / 1_000)} s`;
}
