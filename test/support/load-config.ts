import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, renderFaults, type LoadOptions, type Settings } from '@haproxystats/runtime';

export interface LoadedConfig {
  readonly settings: Settings;
  /** As an operator reads them: `haproxystats.conf:3: …`. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Settings from the text of a file, without the environment of the tests. */
export function loadConfig(text: string | Uint8Array, options: Omit<LoadOptions, 'file'> = {}): LoadedConfig {
  const directory = mkdtempSync(join(tmpdir(), 'haproxystats-config-'));
  const file = join(directory, 'haproxystats.conf');
  try {
    writeFileSync(file, text);
    const loaded = loadSettings({ file, env: {}, hostname: 'lb1', ...options });
    const said = (faults: typeof loaded.faults): string[] =>
      renderFaults(faults).replaceAll(`${directory}/`, '').split('\n').slice(0, -1);
    return { settings: loaded.settings, faults: said(loaded.faults), warnings: said(loaded.warnings) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
