import type { Semantics } from '@haproxystats/haproxy';
import {
  finishFrame,
  Selection,
  type FinishedFrame,
  type FinishOptions,
  type Frame,
  type MetricLists,
} from '@haproxystats/metrics';
import { NameFile, type NameFilePorts } from './name-file';

/** What users want of a frame, for any sink. */
export interface FinishConfig {
  /** For which `lists` and `derived` are written; a frame is finished by those it was merged with. */
  readonly semantics: Semantics;
  readonly lists: MetricLists;
  /** Whether the columns of HAProxy's modules are wanted where there is no list. */
  readonly modules: boolean;
  /** Whether the processes of nodes are wanted one by one; those of clusters never are. */
  readonly processes: boolean;
  readonly derived: FinishOptions['derived'];
  /** Files with names of proxies that are left out. */
  readonly excludeFrontends: string | undefined;
  readonly excludeBackends: string | undefined;
}

/** Finishes frames as users want it. Looks at the files of excluded names again when they have changed. */
export class FrameFinisher {
  readonly #selection: Selection;
  readonly #frontends: Names;
  readonly #backends: Names;

  constructor(
    private readonly config: FinishConfig,
    ports: NameFilePorts,
  ) {
    this.#selection = new Selection(config.lists, config.modules);
    this.#frontends = namesIn(config.excludeFrontends, '[process] exclude-frontends', ports);
    this.#backends = namesIn(config.excludeBackends, '[process] exclude-backends', ports);
  }

  finish(frame: Frame): FinishedFrame {
    const { derived, processes } = this.config;
    return finishFrame(frame, {
      derived,
      processes: processes && frame.head.scope === 'node',
      selection: this.#selection,
      excludes: { frontends: this.#frontends.names(), backends: this.#backends.names() },
    });
  }
}

type Names = Pick<NameFile, 'names'>;

function namesIn(path: string | undefined, option: string, ports: NameFilePorts): Names {
  return path === undefined ? { names: () => new Set() } : new NameFile(path, option, ports);
}
