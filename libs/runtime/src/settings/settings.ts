import { hostname as hostnameOfSystem } from 'node:os';
import { builtInLayer } from './built-in';
import { environmentLayer, type Environment } from './environment';
import { byPlace, Findings, type Fault } from './fault';
import { readLayer, readLayers } from './files';
import { checkGroups, readGroups, type Groups } from './groups';
import { mergeIni } from './ini';
import { checkNames } from './name-check';
import { resolveSettings, warnOfNoEffect } from './resolve';
import type { SettingValues } from './table';

/** What users have set, or the defaults: `settings.pull['socket-dir']`. Times are seconds. */
export type Settings = SettingValues & { readonly groups: Groups };

export interface LoadOptions {
  /** Absent on disk: the defaults are used, with a warning. */
  readonly file?: string;
  /** Its `*.conf` files are read on top, by name. */
  readonly dir?: string;
  /** `HAPROXYSTATS_<SECTION>_<KEY>` override the files; the environment of the process unless told otherwise. */
  readonly env?: Environment;
  /** The default of `[pull] node`; the system's unless told otherwise. */
  readonly hostname?: string;
}

/** Faults and warnings by file and line. With faults, defaults stand in the place of what is wrong: fit to be shown, not to run on. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly warnings: readonly Fault[];
  readonly faults: readonly Fault[];
}

/** Reads all layers and checks everything. Never throws for what files and variables say: all faults come at once. */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const { file, dir, env = process.env, hostname = hostnameOfSystem() } = options;
  const findings = new Findings();
  const files = [
    ...(file === undefined ? [] : [readLayer(file, findings)]),
    ...(dir === undefined ? [] : readLayers(dir, findings)),
  ];
  for (const layer of files) checkNames(layer, findings);
  const builtIn = builtInLayer(hostname);
  const ini = mergeIni([builtIn, ...files, environmentLayer(env, findings)]);
  const settings = { ...resolveSettings({ ini, builtIn }, findings), groups: readGroups(ini, findings) };
  checkGroups(ini, findings);
  warnOfNoEffect(ini, findings);
  return {
    settings,
    warnings: findings.warnings.sort(byPlace),
    faults: findings.faults.sort(byPlace),
  };
}
