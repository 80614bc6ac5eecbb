import type { Setting } from './setting';

/** [local-store]: the lines of every poll, as files. */
export const localStoreSettings = [
  {
    section: 'local-store',
    key: 'dir',
    type: 'string',
    needsSection: true,
    doc: 'The directory for them: `DIR/TIMESTAMP/NODE/stats`, the lines that Graphite gets. Unset = nothing is stored.',
  },
  {
    section: 'local-store',
    key: 'retention',
    type: 'seconds',
    min: 1,
    max: 315_360_000,
    default: 86_400,
    doc: 'What is older than this is removed.',
  },
  {
    section: 'local-store',
    key: 'max-size',
    type: 'integer',
    unit: 'bytes',
    min: 1,
    default: 1_073_741_824,
    doc: 'What all of it may take: the oldest is removed first.',
  },
] as const satisfies readonly Setting[];
