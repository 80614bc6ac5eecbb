import { hostname as hostnameOfSystem } from 'node:os';
import { builtInLayer, writtenOptions } from './built-in';
import { readDerived } from './derived';
import { environmentLayer, type Environment } from './environment';
import { byPlace, Findings, type Fault } from './fault';
import { readLayer, readLayers } from './files';
import { checkGroups, readGroups, readSums } from './groups';
import { mergeIni } from './ini';
import { checkLocalStore, withImpliedRoles } from './local-store';
import { checkNames } from './name-check';
import { resolveSettings, warnOfNoEffect, type Layers } from './resolve';
import type { Settings } from './settings';
import { validate, type Validator } from './validation';

export interface LoadOptions {
  /** Absent on disk: the defaults are used, with a warning. */
  readonly file?: string;
  /** Its `*.conf` files are read on top, by name. */
  readonly dir?: string;
  /** `HAPROXYSTATS_<SECTION>_<KEY>` override the files; the environment of the process unless told otherwise. */
  readonly env?: Environment;
  /** The default of `[pull] node`; the system's unless told otherwise. */
  readonly hostname?: string;
  /** Asked after all other checks. */
  readonly validators?: readonly Validator[];
}

/** Faults and warnings by file and line. With faults, defaults stand in the place of what is wrong: fit to be shown, not to run on. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly warnings: readonly Fault[];
  readonly faults: readonly Fault[];
}

/** Reads all layers and checks everything. Never throws for what files and variables say: all faults come at once. */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const findings = new Findings();
  const layers = readAll(options, findings);
  const { ini } = layers;
  const values = withImpliedRoles(resolveSettings(layers, findings), ini);
  const named = {
    groups: readGroups(ini, findings),
    sums: readSums(ini, findings),
    derived: readDerived(ini, findings),
  };
  const settings = { ...values, ...named, written: writtenOptions(ini) };
  checkGroups(ini, findings);
  checkLocalStore(ini, values, findings);
  warnOfNoEffect(ini, findings);
  validate({ ini, settings }, options.validators ?? [], findings);
  return {
    settings,
    warnings: findings.warnings.sort(byPlace),
    faults: findings.faults.sort(byPlace),
  };
}

function readAll(options: LoadOptions, findings: Findings): Layers {
  const { file, dir, env = process.env, hostname = hostnameOfSystem() } = options;
  const files = [
    ...(file === undefined ? [] : [readLayer(file, findings)]),
    ...(dir === undefined ? [] : readLayers(dir, findings)),
  ];
  for (const layer of files) checkNames(layer, findings);
  const builtIn = builtInLayer(hostname);
  return { builtIn, ini: mergeIni([builtIn, ...files, environmentLayer(env, findings)]) };
}
