import { spawnSync } from 'node:child_process';
import { describeUnless } from './describe-unless';

const { error } = spawnSync('haproxy', ['-v']);
const reason = error && `no haproxy on this machine: ${error.message}; install the package haproxy`;

/** A `describe` for tests that start HAProxy as a child of this machine, as the demo does; skipped where there is no such program. */
export function describeWithHaproxyBinary(name: string, tests: () => void): void {
  describeUnless(reason, name, tests);
}
