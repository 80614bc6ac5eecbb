import eventV1 from './event.v1.json';
import metricsV1 from './metrics.v1.json';

/** A schema of Avro, as it is registered. */
export interface ResultSchema {
  readonly type: 'record';
  readonly name: string;
  readonly namespace: string;
  readonly fields: object[];
}

/**
 * THE SCHEMAS of the result topics, versioned as the topics are. A field may be added, with a default and a doc, and nothing else may be
 * changed: then old readers can read new records and new readers old ones (FULL_TRANSITIVE), which the registry sees to. What cannot be
 * done so needs a v2, and a topic of its own. Kinds, states and types are strings: a symbol that is added to an enum breaks old readers.
 */
export const metricsSchema = metricsV1 as ResultSchema;
export const eventSchema = eventV1 as ResultSchema;
