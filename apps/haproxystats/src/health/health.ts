import { readFileSync } from 'node:fs';
import { defaultFile, loadSettings, renderFaults } from '@haproxystats/runtime';
import { askStatus } from './ask-status';
import { askedProgram, services, type AskedProgram, type ServiceName } from './asked-program';

export interface HealthOptions {
  /** Whom to ask; unless told, the program that is process 1. */
  readonly service?: ServiceName | undefined;
  /** These count before those of process 1. */
  readonly file?: string | undefined;
  readonly dir?: string | undefined;
  /** Whether it does its work, not only whether it answers. */
  readonly ready: boolean;
}

export interface Health {
  readonly isWell: boolean;
  /** For a person; one line. */
  readonly said: string;
}

/** A program that is well answers in milliseconds, on a busy machine too. */
const timeoutMs = 3_000;
const firstProcess = '/proc/1/cmdline';

/** Asks a program on this machine, by the settings that it was started with, whether it is well. `processFile`: the command line of process 1. */
export async function health(options: HealthOptions, processFile = firstProcess): Promise<Health> {
  const { service, file, dir, ready } = options;
  const asked = service ? { service, file: defaultFile } : askedProgram(commandLineIn(processFile));
  if (asked === undefined) return unwell(`process 1 is no program of haproxystats: ${advice}`);
  if (typeof asked === 'string') return { isWell: true, said: `${asked} serves no health` };
  const given = { ...(file !== undefined && { file }), ...(dir !== undefined && { dir }) };
  return healthOf({ ...asked, ...given }, ready ? '/readyz' : '/healthz');
}

const advice = "name the one to ask, as 'haproxystats health pull -f FILE'";

async function healthOf({ service, ...files }: AskedProgram, path: string): Promise<Health> {
  const { title, section } = services[service];
  const { settings, faults } = loadSettings(files);
  if (faults.length > 0) return unwell(renderFaults(faults).trimEnd());
  const { 'status-address': address, 'status-port': port } = settings[section];
  const where = `${title}, ${address}:${port}${path}`;
  if (port === 0) return unwell(`${where}: give 'status-port' in section [${section}] a number`);
  try {
    const { status, text } = await askStatus({ address, port }, { path, timeoutMs });
    return { isWell: status === 200, said: `${where}: ${status} ${text.trimEnd().replaceAll('\n', '; ')}` };
  } catch (error) {
    return unwell(`${where} gives no answer: ${(error as Error).message}`);
  }
}

/** Empty where this user may not see it: then it is none of ours. */
function commandLineIn(processFile: string): string[] {
  try {
    return readFileSync(processFile, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

function unwell(said: string): Health {
  return { isWell: false, said };
}
