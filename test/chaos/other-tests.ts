import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RelayKills } from '../support/relay-kills';
import { ownEnvironment } from '../support/program';
import type { Stage } from './fault-makers';
import type { Verdict } from './row';

const hooks = join(__dirname, '../support/typescript-hooks.cjs');
/** For each minute of the suite; at 5 minutes more than 5 million lines and 200 kills. */
const perMinute = { seeds: 400, lines: 1_050_000, kills: 42 };
/** Below, these tests are left to `npm test`, where they have their own place. */
const leastMinutes = 1;

/** The model of the protocol, with the classes that ship. */
export async function modelTest({ minutes, random }: Stage): Promise<Verdict> {
  if (minutes < leastMinutes) return { notes: [], broken: [] };
  const seeds = Math.round(perMinute.seeds * minutes);
  const start = 1 + Math.floor(random() * 1_000_000);
  const { status, output } = await run('../model/main.ts', ['--seeds', seeds, '--start', start]);
  const told = `model test, ${seeds} seeds from ${start}: status ${status}\n${indented(output)}`;
  return { notes: [told], broken: status === 0 ? [] : ['the model test has failed, see above'] };
}

/** Relays that are killed while lines rush through the Graphite sink. */
export async function relayKillsTest({ minutes, random }: Stage): Promise<Verdict> {
  if (minutes < leastMinutes) return { notes: [], broken: [] };
  const seed = Math.floor(random() * 1_000_000);
  const [lines, kills] = [perMinute.lines, perMinute.kills].map((count) => Math.round(count * minutes));
  const { status, output } = await run('relay-kills-program.ts', [lines!, kills!, seed]);
  if (status !== 0)
    return { notes: [], broken: [`the relay kills of seed ${seed} ended with status ${status}`] };
  const found = JSON.parse(output) as RelayKills;
  const told =
    `relay kills, seed ${seed}: ${found.lines} lines, ${found.kills} kills, ${found.killsInFlight} of them with a batch in flight, ` +
    `lost ${found.lost}, wrong ${found.wrong}, sent again ${found.doubled}`;
  const isKept = found.lost === 0 && found.wrong === 0 && found.killsInFlight >= found.kills / 2;
  return { notes: [told], broken: isKept ? [] : [told] };
}

async function run(
  program: string,
  args: readonly (string | number)[],
): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, ['--require', hooks, join(__dirname, program), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: ownEnvironment(),
  });
  running.add(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [output, [status]] = await Promise.all([text(child.stdout), closed]);
  running.delete(child);
  return { status, output };
}

const running = new Set<ReturnType<typeof spawn>>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function indented(output: string): string {
  return output.trimEnd().replace(/^/gm, '    ');
}
