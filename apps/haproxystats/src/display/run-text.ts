import type { PollReport, ReadBack, RunPlan, RunSummary } from './reports';
import type { Painter } from './painter';

const width = 96;
const indent = '          ';

/** Names may come from configurations and the network: nothing of them may steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Words, in lines of `width`; the first line begins with the label, further ones under its text. */
function paragraph(label: string, text: string): string {
  const lines = [`  ${label}`.padEnd(indent.length)];
  for (const word of printable(text).split(' ')) {
    const line = lines.at(-1)!;
    if (line.trim() === '' || line.length + 1 + word.length <= width)
      lines[lines.length - 1] = line.endsWith(' ') ? line + word : `${line} ${word}`;
    else lines.push(indent + word);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** At most so many sockets are named. */
const mostSockets = 4;

function socketList(sockets: readonly string[]): string {
  const named = sockets.slice(0, mostSockets).map((socket) => `${indent}${printable(socket)}\n`);
  const more = sockets.length - named.length;
  return named.join('') + (more > 0 ? `${indent}and ${more} more\n` : '');
}

export function headerText(plan: RunPlan, paint: Painter): string {
  const title = `haproxystats ${plan.version}`;
  const times = plan.polls === undefined ? '' : ` ${counted(plan.polls, 'time')},`;
  return [
    `${paint('bold', title)}: HAProxy statistics, polled${times} every ${plan.intervalSeconds} s\n\n`,
    paragraph('from', plan.source),
    socketList(plan.sockets),
    paragraph('to', plan.destination),
  ].join('');
}

const columns = [8, 28, 13, 9, 10, 9] as const;

function cells(texts: readonly string[]): string {
  const [time = '', node = '', ...numbers] = texts;
  const right = numbers.map((text, index) => text.padStart(columns[index + 2] ?? 0));
  return `${time.padEnd(columns[0])}  ${node.padEnd(columns[1])}${right.join('')}`;
}

export function tableHead(paint: Painter): string {
  return `\n${paint('dim', cells(['time UTC', 'node', 'processes', 'rows', 'metrics', 'ms']))}\n`;
}

function shortened(name: string): string {
  return name.length > columns[1] ? `${name.slice(0, columns[1] - 3)}...` : name;
}

export function pollLine(report: PollReport, paint: Painter): string {
  const whole = report.covered >= report.expected;
  const line = cells([
    new Date(report.slotMs).toISOString().slice(11, 19),
    shortened(printable(report.node)),
    `${report.covered} of ${report.expected}`,
    grouped(report.rows),
    grouped(report.metrics),
    grouped(report.elapsedMs),
  ]);
  return whole ? `${line}\n` : `${paint('yellow', `${line}  partial`)}\n`;
}

export function waitingText(polls: number, destination: string, paint: Painter): string {
  const what = polls === 1 ? '1 poll waits' : `${grouped(polls)} polls wait`;
  return `${paint('yellow', `${what} for ${printable(destination)}; they are sent when it takes them`)}\n`;
}

export function drainText(polls: number, atMostMs: number, paint: Painter): string {
  const seconds = Math.ceil(atMostMs / 1_000);
  return `${paint('yellow', `waiting for ${counted(polls, 'poll')} to be delivered, at most ${seconds} s; Ctrl-C a second time ends at once`)}\n`;
}

export function readBackText({ proxy, lines, total }: ReadBack, paint: Painter): string {
  const part = lines.length < total ? `, the first ${lines.length} of ${grouped(total)}` : '';
  const title = `What the receiver holds for ${printable(proxy)}${part}:`;
  return `\n${paint('bold', title)}\n${lines.map((line) => `  ${printable(line)}\n`).join('')}`;
}

function polls({ complete, partial, seconds }: RunSummary, paint: Painter): string {
  const all = `${counted(complete + partial, 'poll')} in ${seconds.toFixed(1)} s`;
  const style = partial > 0 || complete === 0 ? 'yellow' : 'green';
  return `${all}: ${paint(style, `${grouped(complete)} complete, ${grouped(partial)} partial`)}`;
}

function undelivered({ waiting, keptIn }: RunSummary, paint: Painter): string {
  if (waiting === 0) return '';
  const kept = keptIn === undefined ? 'gone with the demo' : `kept in ${printable(keptIn)} for the next run`;
  return `${paint('yellow', `${counted(waiting, 'more poll')} not delivered: ${kept}`)}\n`;
}

function delivery({ linesDelivered, linesLost, destination }: RunSummary, paint: Painter): string {
  const delivered = `${counted(linesDelivered, 'line')} delivered to ${printable(destination)}`;
  if (linesLost === undefined) return delivered;
  return `${delivered}, ${paint(linesLost > 0 ? 'red' : 'green', `${grouped(linesLost)} lost`)}`;
}

export function summaryText(summary: RunSummary, paint: Painter): string {
  const { command } = summary;
  return [
    `\n${polls(summary, paint)}\n${undelivered(summary, paint)}${delivery(summary, paint)}\n\n`,
    `${paint('bold', 'How to go on')}\n`,
    `  your HAProxy   ${command} -f haproxystats.conf   with socket-dir or servers under [pull]\n`,
    `  your Graphite  server and port under [graphite] in the same file\n`,
    `  a fleet        Kafka and Redis between the nodes: docs/\n`,
  ].join('');
}
