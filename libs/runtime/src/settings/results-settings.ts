import type { Setting } from './setting';

/** [results]: what is written into the topics of Kafka that everybody may read. */
export const resultsSettings = [
  {
    section: 'results',
    key: 'format',
    type: 'choice',
    choices: ['avro', 'json'],
    doc: "How values are written: `avro` = in Confluent's wire format, by the schemas in `[registry] url`; `json` = as text, with the same names. Unset = `avro` where `[registry] url` is set, else `json`.",
  },
  {
    section: 'results',
    key: 'frontend-metrics',
    type: 'list',
    separator: ' ',
    doc: 'What the records of `metrics.node.v1` and `metrics.cluster.v1` have of frontends, as in `[process]`, whose own list counts for Graphite only. Unset = all but what METRICS.md calls a part of the configuration.',
  },
  {
    section: 'results',
    key: 'backend-metrics',
    type: 'list',
    separator: ' ',
    doc: 'The same for backends.',
  },
  {
    section: 'results',
    key: 'server-metrics',
    type: 'list',
    separator: ' ',
    doc: 'The same for servers, also for those of `aggr-server-metrics`.',
  },
  {
    section: 'results',
    key: 'listener-metrics',
    type: 'list',
    separator: ' ',
    doc: 'The same for listeners.',
  },
  {
    section: 'results',
    key: 'module-metrics',
    type: 'boolean',
    default: true,
    doc: 'Whether the records have the columns of the modules of HAProxy as well, where no list says otherwise.',
  },
  {
    section: 'results',
    key: 'per-process-metrics',
    type: 'boolean',
    default: true,
    doc: 'Whether every process of a node has a record of its own.',
  },
] as const satisfies readonly Setting[];
