import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageOfRun } from '../run-directory';

const run = promisify(execFile);
const root = join(__dirname, '../../..');
const buildsWithinMs = 15 * 60_000;

/** Makes our own image of this tree, for the run with this directory, which removes it at its end; or says what is the matter. */
export async function buildImage(
  directory: string,
  say: (message: string) => void,
): Promise<{ readonly image: string } | { readonly fault: string }> {
  const image = imageOfRun(directory);
  const begun = performance.now();
  say(`programs run from our own image: building ${image} of this tree`);
  try {
    await run('docker', ['build', '--quiet', '--tag', image, root], {
      timeout: buildsWithinMs,
      maxBuffer: 64 * 1024 * 1024,
    });
    say(`${image} was built in ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
    return { image };
  } catch (error) {
    return { fault: `docker build failed: ${lastWords(error as Error & { stderr?: string })}` };
  }
}

function lastWords({ stderr, message }: Error & { stderr?: string }): string {
  return (stderr?.trim() || message).split('\n').slice(-5).join('\n');
}
