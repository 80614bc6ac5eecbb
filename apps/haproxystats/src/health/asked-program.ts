import { Command } from 'commander';
import { withSettings, type SettingsOptions } from '@haproxystats/runtime';

/** The programs that serve health: their names on screens, and the section with their port. */
export const services = {
  pull: { title: 'haproxystats-pull', section: 'pull' },
  process: { title: 'haproxystats-process', section: 'process' },
  run: { title: 'haproxystats run', section: 'process' },
} as const;

export type ServiceName = keyof typeof services;

/** A program that can be asked, and the files of its settings. */
export interface AskedProgram {
  readonly service: ServiceName;
  readonly file?: string;
  readonly dir?: string;
}

/** How a program of ours stands in a command line: by the name it is installed under, or by the file that it is. */
const ours = /(^|\/)(haproxystats(-pull|-process)?|(puller|processor|haproxystats)\/src\/main\.js)$/;
const ownService: Readonly<Record<string, ServiceName>> = {
  'haproxystats-pull': 'pull',
  'puller/src/main.js': 'pull',
  'haproxystats-process': 'process',
  'processor/src/main.js': 'process',
};

/**
 * What a command line runs, whatever stands before our program (node, an init): the program that can be asked; the name of a command of
 * ours that serves no health; undefined where none of ours is in it.
 */
export function askedProgram(commandLine: readonly string[]): AskedProgram | string | undefined {
  const at = commandLine.findIndex((word) => ours.test(word));
  if (at < 0) return undefined;
  const own = ownService[ours.exec(commandLine[at]!)![2]!];
  const [command = '', ...rest] = commandLine.slice(at + 1);
  if (own) return { service: own, ...filesOf([command, ...rest]) };
  if (isService(command)) return { service: command, ...filesOf(rest) };
  return `haproxystats ${command}`.trimEnd();
}

function isService(name: string): name is ServiceName {
  return Object.hasOwn(services, name);
}

/** Read as the programs read them; what else there is makes no difference here. */
function filesOf(args: readonly string[]): Pick<SettingsOptions, 'file' | 'dir'> {
  const command = withSettings(new Command()).allowUnknownOption().allowExcessArguments();
  const { file, dir } = command.parse(args, { from: 'user' }).opts<SettingsOptions>();
  return { ...(file !== undefined && { file }), ...(dir !== undefined && { dir }) };
}
