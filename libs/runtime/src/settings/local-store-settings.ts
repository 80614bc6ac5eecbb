import type { Setting } from './setting';

/** [local-store]: the lines of every poll, as files. */
export const localStoreSettings = [
  {
    section: 'local-store',
    key: 'dir',
    type: 'string',
    needsSection: true,
    doc: 'The directory for them: `DIR/TIMESTAMP/NODE/stats`, the lines that Graphite gets. Unset = nothing is stored. It must not lie in `dst-dir`, `src-dir` or `frames-dir`. Without Kafka give this option to every processor at the same `frames-dir`, those without the role `local-store` too: one that does not have it keeps frames for the store only while it sees it at work.',
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
    doc: 'What all of it may take: slots more than a minute ahead of the present are removed first, then the oldest.',
  },
] as const satisfies readonly Setting[];
