import { logLevels } from '../logger';
import type { Setting } from './setting';

/** Names of Python's logging that the original takes as well. */
export const logLevelSynonyms = { warn: 'warning', fatal: 'critical', notset: 'debug' } as const;

const overridden = '[pull] and [graphite] have values of their own, in the original as well';

/** [DEFAULT], which every section inherits, and [paths]. */
export const generalSettings = [
  {
    section: 'DEFAULT',
    key: 'loglevel',
    type: 'choice',
    choices: logLevels,
    synonyms: logLevelSynonyms,
    default: 'info',
    doc: 'The least severe messages that are logged.',
  },
  {
    section: 'DEFAULT',
    key: 'stop-timeout',
    type: 'seconds',
    min: 1,
    default: 25,
    doc: 'How long a program may take to end in order once it is told to stop; then it says what it waits for, and ends at once with status 1. Less than what its supervisor grants: Kubernetes kills after 30 s unless told otherwise.',
  },
  {
    section: 'DEFAULT',
    key: 'retries',
    type: 'integer',
    min: -1,
    default: 2,
    doc: 'Attempts after the first one.',
    noEffect: overridden,
  },
  {
    section: 'DEFAULT',
    key: 'timeout',
    type: 'seconds',
    default: 1,
    doc: 'Time to wait for a connection.',
    noEffect: overridden,
  },
  {
    section: 'DEFAULT',
    key: 'interval',
    type: 'seconds',
    default: 2,
    doc: 'Time between two attempts.',
    noEffect: overridden,
  },
  {
    section: 'paths',
    key: 'base-dir',
    type: 'string',
    default: '/var/lib/haproxystats',
    doc: 'The directory below which the defaults of `dst-dir` and `src-dir` lie; your own values may refer to it as `${paths:base-dir}`.',
  },
] as const satisfies readonly Setting[];
