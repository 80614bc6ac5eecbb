import { existsSync } from 'node:fs';
import { loadSettings, renderFaults, renderSettings, type Validator } from '@haproxystats/runtime';

export interface ConfigOptions {
  readonly file: string;
  readonly dir?: string;
  /** Say what is wrong with this file instead. */
  readonly check?: string;
}

/**
 * `haproxystats config`: the effective configuration, secrets hidden; with `--check` every fault with its line, and status 1 if there
 * is one: all that the programs would say if this user started them here. Printing asks no validators.
 */
export function configCommand({ file, dir, check }: ConfigOptions, validators: readonly Validator[]): void {
  if (check !== undefined && !existsSync(check)) {
    process.stderr.write(`${check}: there is no such file\n`);
    process.exitCode = 1;
    return;
  }
  const loaded = loadSettings({
    file: check ?? file,
    ...(dir === undefined ? {} : { dir }),
    validators: check === undefined ? [] : validators,
  });
  process.stderr.write(
    renderFaults(loaded.warnings)
      .replace(/^/gm, 'warning: ')
      .replace(/warning: $/, ''),
  );
  process.stderr.write(renderFaults(loaded.faults));
  if (loaded.faults.length > 0) process.exitCode = 1;
  else if (check === undefined) process.stdout.write(renderSettings(loaded));
  else process.stdout.write(`${check}: no faults\n`);
}
