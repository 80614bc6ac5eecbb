/**
 * `npm test`: installs and builds where that is still to be done, then runs all tests under jest, with the arguments
 * given (`npm test -- --selectProjects unit`). Ends with what was skipped and why, and the line `N passed, N failed`.
 * With CI=true a skipped test makes the run fail.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { runInPlace } from './node-24.mjs';
import { prepare, root } from './prepare.mjs';

const isCi = process.env.CI === 'true';
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
/** Three also on a small machine, for integration tests mostly wait; a few on a large one, for each starts servers. */
const workers = Math.min(4, Math.max(3, os.availableParallelism() - 1));

/** Runs jest; returns its exit status, and what the reporter tells unless jest did not get that far. */
async function runJest(node, args) {
  const directory = mkdtempSync(join(os.tmpdir(), 'haproxystats-tally-'));
  const file = join(directory, 'tally.json');
  const jest = [...nodeOptions, join(root, 'node_modules', 'jest', 'bin', 'jest.js')];
  const reporters = ['--reporters=default', `--reporters=${join(root, 'scripts', 'tally-reporter.mjs')}`];
  const env = { ...process.env, NODE_ENV: 'test', HAPROXYSTATS_TEST_TALLY: file };
  try {
    const status = await runInPlace(node, [...jest, ...reporters, ...args], { cwd: root, env });
    const tally = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    return { status, tally };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function report({ passed, failed, skipped }, skippedCount) {
  for (const { name, tests } of skipped)
    console.log(`skipped: ${name}${tests > 1 ? ` (${tests} tests)` : ''}`);
  if (skippedCount > 0 && isCi) console.log('with CI=true a skipped test makes the run fail');
  console.log(`${passed} passed, ${failed} failed${skippedCount > 0 ? `, ${skippedCount} skipped` : ''}`);
}

function withWorkers(given) {
  const isGiven = given.some((arg) => /^(--maxWorkers|-w|--runInBand|-i)(=|$)/.test(arg));
  return isGiven ? given : [`--maxWorkers=${workers}`, ...given];
}

const node = prepare();
const { status, tally } = await runJest(node, withWorkers(process.argv.slice(2)));
if (!tally) {
  // Nothing was run, as with --listTests; or jest itself failed.
  if (status !== 0) console.log('0 passed, 1 failed');
  process.exit(status);
}
const failed = status === 0 ? tally.failed : Math.max(1, tally.failed);
const skippedCount = tally.skipped.reduce((sum, { tests }) => sum + tests, 0);
report({ ...tally, failed }, skippedCount);
process.exit(failed > 0 || (isCi && skippedCount > 0) ? 1 : 0);
