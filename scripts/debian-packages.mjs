/**
 * Installs the Debian packages of commands that this machine lacks: node scripts/debian-packages.mjs [COMMAND...]
 * (all commands of the table when none is named). Without root, or without apt, it says what to type and exits 1.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const packages = {
  java: 'default-jre-headless',
  mvn: 'maven',
  'redis-server': 'redis-server',
  haproxy: 'haproxy',
  'carbon-cache': 'graphite-carbon',
  kcat: 'kcat',
  pip3: 'python3-pip',
};

const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];

function isThere(command) {
  return directories.some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function stop(message) {
  console.error(message);
  process.exit(1);
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
  const { status, stderr } = spawnSync('apt-get', [...options, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) stop(`apt-get ${args[0]} failed: ${(stderr ?? '').trim()}`);
}

/** Runs `install` while Debian's packages may not start the services they bring. */
function withoutServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  process.once('exit', () => isOurs && rmSync(policy, { force: true }));
  install();
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(packages);
const missing = wanted.filter((command) => !isThere(command));
const names = missing.map((command) => packages[command] ?? stop(`no package is known for ${command}`));
const install = ['install', '--yes', '--no-install-recommends', ...names];

if (missing.length > 0) {
  const lacking = `this machine has no ${missing.join(', no ')}`;
  if (!isThere('apt-get')) stop(`${lacking}; on Debian and Ubuntu the packages are ${names.join(' ')}`);
  if (process.getuid() !== 0) stop(`${lacking}; type: sudo apt-get ${install.join(' ')}`);
  console.error(`installing ${names.join(' ')}`);
  // Where manual pages are left out, Java's package fails for want of their directory.
  mkdirSync('/usr/share/man/man1', { recursive: true });
  withoutServices(() => {
    aptGet('update');
    aptGet(...install);
  });
}
