import { createRequire } from 'node:module';
import type * as Confluent from '@kafkajs/confluent-schema-registry';
import type * as ConfluentApi from '@kafkajs/confluent-schema-registry/dist/api';
import type * as Avsc from 'avsc';

const load = createRequire(__filename);

/** Loaded at the first call: it takes 10 MB, which programs that neither write nor read Avro are spared. */
export function avsc(): typeof Avsc {
  return load('avsc') as typeof Avsc;
}

/** Loaded at the first call: it takes 80 ms and 27 MB. */
export function confluent(): typeof Confluent {
  return load('@kafkajs/confluent-schema-registry') as typeof Confluent;
}

/** The requests beneath it: a level of compatibility can be set by these alone. */
export function confluentApi(): typeof ConfluentApi {
  return load('@kafkajs/confluent-schema-registry/dist/api') as typeof ConfluentApi;
}
