import { systemClock, type Clock } from '@haproxystats/runtime';
import type { Type } from 'avsc';
import { RecordFormatError } from '../record-headers';
import { RegistryClient } from '../registry/registry-client';
import { RegistryFault } from '../registry/registry-fault';
import type { RegistrySettings } from '../registry/registry-settings';
import { eventType, metricsType } from '../registry/result-types';
import { headerLength, schemaIdOf } from '../registry/wire-format';
import { readEvent, readMetrics, type ReadEvent, type ReadMetrics } from './read-values';
import { WriterSchemas } from './writer-schemas';
import type { WireEvent, WireMetrics } from './wire-values';

/**
 * Reads the values of the result topics, Avro or JSON, by any version of their schemas: fields that are newer than this program are left
 * out, those that an older writer did not know have their defaults. Rejects with RecordFormatError for what is no such record, and with
 * RegistryFault where its schema is not known here and cannot be had: that may be tried again. A schema is fetched once.
 */
export class RecordDecoder {
  readonly #metrics: WriterSchemas;
  readonly #events: WriterSchemas;

  /** Without a registry it reads JSON only. */
  constructor(registry?: RegistrySettings, clock: Clock = systemClock) {
    const client = registry && new RegistryClient(registry);
    const typeOf = (id: number) => fetched(client, id);
    this.#metrics = new WriterSchemas({ typeOf, clock, readerType: metricsType });
    this.#events = new WriterSchemas({ typeOf, clock, readerType: eventType });
  }

  async decodeMetrics(value: Buffer): Promise<ReadMetrics> {
    return readMetrics((await decoded(value, this.#metrics, metricsType)) as WireMetrics);
  }

  async decodeEvent(value: Buffer): Promise<ReadEvent> {
    return readEvent((await decoded(value, this.#events, eventType)) as WireEvent);
  }
}

async function decoded(value: Buffer, writers: WriterSchemas, readerType: () => Type): Promise<unknown> {
  const id = schemaIdOf(value);
  if (id === undefined) return fromJson(value, readerType());
  const writer = writers.known(id) ?? (await writers.fetch(id));
  return writer.read(value, headerLength);
}

/** avsc fills in the defaults, leaves out what the schema does not have, and throws for what is of another type. */
function fromJson(value: Buffer, type: Type): unknown {
  try {
    return type.clone(JSON.parse(value.toString()) as object);
  } catch (error) {
    throw new RecordFormatError(
      `the record is no JSON of its schema: ${(error as Error).message.slice(0, 200)}`,
    );
  }
}

async function fetched(client: RegistryClient | undefined, id: number): Promise<Type> {
  if (!client)
    throw new RegistryFault(
      `schema id ${id}: the record is in Avro, and no schema registry is named: name the one that its writer uses`,
    );
  const type = await client.typeOf(id);
  if (type) return type;
  throw new RegistryFault(
    `schema id ${id}: the schema registry ${client.url} does not know it: the record was written with another registry, or the schema was deleted there`,
  );
}
