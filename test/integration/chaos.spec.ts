import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { announcedProvision } from '../harness/provision';
import { ownEnvironment } from '../support/program';
import { describeUnless } from '../support/describe-unless';

const hooks = join(__dirname, '../support/typescript-hooks.cjs');
const main = join(__dirname, '../chaos/main.ts');
const withinMs = 600_000;

/** The suite stops, kills and cuts processes of this machine, wherever other servers run. */
function reasonToSkip(): string | undefined {
  const { missing, missingNatively = missing } = announcedProvision();
  return missingNatively.kafka ?? missingNatively.redis;
}

async function chaos(...args: string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, ['--require', hooks, main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: ownEnvironment(),
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [output, [status]] = await Promise.all([text(child.stdout), closed]);
  return { status, output };
}

const findings = [
  /BROKEN lost: an answer of a socket is not in the raw topic: \d+ times/,
  /BROKEN lost: a process that came within grace is in no frame: \d+ times/,
  /BROKEN lost: a line did not reach the receiver: \d+ times/,
  /BROKEN doubled: a process is counted twice: \d+ times/,
  /BROKEN wrong: a sum is not that of the processes: \d+ times/,
  /BROKEN wrong: a frame or a line is of a slot that nobody has polled: \d+ times/,
  /BROKEN \d+ of \d+ emissions say nothing new/,
  /BROKEN late: \d+ processes came when grace was over/,
];

describeUnless(reasonToSkip(), 'the chaos suite', () => {
  it(
    'keeps every promise with three brokers, while processors, brokers, Redis and the relay are killed, stopped and cut off',
    async () => {
      const { status, output } = await chaos('--only', 'G2,G8,G9', '--minutes', '0.2', '--seed', '1');
      process.stderr.write(output);
      expect(output).toMatch(/^ *G2 .* kept$/m);
      expect(output).toMatch(/^ *G8 .* kept$/m);
      expect(output).toMatch(/^ *G9 .* kept$/m);
      expect(output).toMatch(/^ *all .* kept$/m);
      expect(status).toBe(0);
    },
    withinMs,
  );

  it(
    'ends with status 1 and names each of the faults that are planted in it, with a relay that acknowledges what it does not store',
    async () => {
      const planted = 'forgetful-relay,lost-answer,lost-frame,doubled,wrong,duplicate,late';
      const args = ['--only', 'G4', '--minutes', '0.25', '--brokers', '1', '--patience', '2'];
      const { status, output } = await chaos(...args, '--plant', planted);
      for (const finding of findings) expect(output).toMatch(finding);
      expect(status).toBe(1);
    },
    withinMs,
  );
});
