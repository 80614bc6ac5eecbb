import { spawnSync } from 'node:child_process';

const { error } = spawnSync('haproxy', ['-v']);

/** A `describe` for tests that start HAProxy as a child of this machine, as the demo does; skipped where there is no such program. */
export function describeWithHaproxyBinary(name: string, tests: () => void): void {
  if (error)
    describe.skip(
      `${name} (no haproxy on this machine: ${error.message}; install the package haproxy)`,
      tests,
    );
  else describe(name, tests);
}
