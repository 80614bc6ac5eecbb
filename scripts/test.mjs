/**
 * `npm test`: all tests under jest, arguments passed on (`npm test -- --selectProjects unit`). Ends with what was
 * skipped and why, and the line `N passed, N failed`. With CI=true a skipped test makes the run fail.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode24, noNode24 } from './node-24.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const nodeOptions = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
/** Two also on a small machine, for integration tests mostly wait; a few on a large one, for each starts servers. */
const workers = Math.min(4, Math.max(2, availableParallelism() - 1));

/** Runs jest; returns its exit status, and what the reporter tells unless jest did not get that far. */
async function runJest(node, args) {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-tally-'));
  const file = join(directory, 'tally.json');
  const jest = [...nodeOptions, join(root, 'node_modules', 'jest', 'bin', 'jest.js')];
  const reporters = ['--reporters=default', `--reporters=${join(root, 'scripts', 'tally-reporter.mjs')}`];
  const env = { ...process.env, NODE_ENV: 'test', HAPROXYSTATS_TEST_TALLY: file };
  try {
    const child = spawn(node, [...jest, ...reporters, ...args], { cwd: root, env, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    const [status] = await once(child, 'exit');
    const tally = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    return { status: status ?? 1, tally };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One line for each suite with skipped tests; a test skipped outside of any suite is named itself. */
function skippedLines(skipped) {
  const counts = new Map();
  for (const { suite, title } of skipped) {
    const name = suite || title;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `  ${name}: ${count === 1 ? '1 test' : `${count} tests`}`);
}

function report({ passed, failed, skipped }, isCi) {
  if (skipped.length > 0) console.log(['', 'skipped:', ...skippedLines(skipped)].join('\n'));
  if (skipped.length > 0 && isCi) console.log('with CI=true a skipped test makes the run fail');
  console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
}

const node = findNode24(root);
if (!node) {
  console.error(noNode24);
  process.exit(1);
}
const given = process.argv.slice(2);
const args = given.some((arg) => /^(--maxWorkers|-w|--runInBand|-i)\b/.test(arg))
  ? given
  : [`--maxWorkers=${workers}`, ...given];
const { status, tally } = await runJest(node, args);
if (!tally) {
  // Nothing was run, as with --listTests; or jest itself failed.
  if (status !== 0) console.log('0 passed, 1 failed');
  process.exit(status);
}
const isCi = process.env.CI === 'true';
const failed = status === 0 ? tally.failed : Math.max(1, tally.failed);
report({ ...tally, failed }, isCi);
process.exit(failed > 0 || (isCi && tally.skipped.length > 0) ? 1 : 0);
