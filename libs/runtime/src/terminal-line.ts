/** What of a line of the log a person at a terminal reads. */
interface LogLine {
  readonly level: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

const levelWidth = 5;

/**
 * A line of the log (JSON) for a terminal: time of day in UTC, level, message, and what an error says where the message does not
 * say it. Control characters become '?': names may come from the network, and must not steer the terminal.
 */
export function terminalLine(json: string): string {
  const { level, time, msg = '', err } = JSON.parse(json) as LogLine;
  const cause = err?.message === undefined || msg.includes(err.message) ? '' : `: ${err.message}`;
  const text = `${time.slice(11, 19)} ${level.padEnd(levelWidth)} ${msg}${cause}`;
  return `${text.replace(/\p{Cc}/gu, '?')}\n`;
}
