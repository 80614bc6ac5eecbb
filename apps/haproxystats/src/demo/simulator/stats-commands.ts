/** What a stats socket of the simulator can be asked. Answers come without the empty line that ends them. */
export interface StatsSource {
  info(): string;
  stat(): string;
}

const help = `  help                                    : list matching or all commands
  quit                                    : disconnect
  show info                               : report information about the running process
  show stat                               : report counters for each proxy and server
`;

function answerTo(command: string, source: StatsSource): string {
  switch (command) {
    case 'show info':
      return source.info();
    case 'show stat':
      return source.stat();
    case 'help':
      return `The following commands are valid at this level (haproxystats simulator):\n${help}`;
    case '':
      return '';
    default:
      return `Unknown command: '${command}'. Please enter one of the following commands only:\n${help}`;
  }
}

/** Answers a line as HAProxy 3's CLI does: commands apart by `;`, each answer ended by an empty line, nothing after `quit`. */
export function answerLine(line: string, source: StatsSource): string {
  const commands = line.split(';').map((command) => command.trim().split(/\s+/).join(' '));
  const end = commands.indexOf('quit');
  return commands
    .slice(0, end < 0 ? undefined : end)
    .map((command) => `${answerTo(command, source)}\n`)
    .join('');
}
