import { systemClock } from '@haproxystats/runtime';
import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { SchemaRegistryAPIClient } from '@kafkajs/confluent-schema-registry/dist/api';
import type { Type } from 'avsc';
import { within } from '../kafka/within';
import { RecordFormatError } from '../record-headers';
import type { ResultSchema } from '../schemas';
import { avsc, confluent, confluentApi } from './avro-packages';
import { RegistryExchange } from './registry-exchange';
import { RegistryFault } from './registry-fault';
import type { RegistrySettings } from './registry-settings';

/** Readers of any age read records of any other. */
export const wantedCompatibility = 'FULL_TRANSITIVE';

const defaultTimeoutMs = 3_000;

type ClientOptions = ConstructorParameters<typeof SchemaRegistry>[0];
type RawAvroSchema = Exclude<Parameters<SchemaRegistry['register']>[0], { schema: unknown }>;

/**
 * A schema registry, asked over HTTP. Each request opens the files of the settings anew and ends within the timeout: the client beneath has no limit of its own, and hangs where an answer breaks off. All reject with RegistryFault.
 */
export class RegistryClient {
  readonly url: string;
  readonly #timeoutMs: number;

  constructor(private readonly settings: RegistrySettings) {
    this.url = settings.url;
    this.#timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  }

  /** The id of this very schema under the subject; undefined where the registry does not have it there. */
  async idOf(subject: string, schema: ResultSchema): Promise<number | undefined> {
    const found = await this.#ask(`subject ${subject}`, (options) =>
      registryOf(options).getRegistryIdBySchema(subject, schema as RawAvroSchema),
    );
    return found && this.#checkedId(found.answer);
  }

  /** The schema of an id, compiled; undefined where the registry does not have it. Rejects with RecordFormatError where it is no Avro. */
  async typeOf(id: number): Promise<Type | undefined> {
    const found = await this.#ask(`schema id ${id}`, (options) => registryOf(options).getSchema(id));
    if (!found) return undefined;
    if (avsc().Type.isType(found.answer)) return found.answer as unknown as Type;
    throw new RecordFormatError(`schema id ${id} of the registry ${this.url} is no schema of Avro`);
  }

  /** Answers the id, also where it was registered before. The subject's compatibility must be the wanted one. */
  async register(subject: string, schema: ResultSchema): Promise<number> {
    const compatibility = confluent().COMPATIBILITY[wantedCompatibility];
    const registered = await this.#ask(`subject ${subject}`, (options) =>
      registryOf(options).register(schema as RawAvroSchema, { subject, compatibility }),
    );
    return this.#checkedId(registered?.answer.id);
  }

  /** What is set for the subject itself; undefined where nothing is. */
  async compatibilityOf(subject: string): Promise<string | undefined> {
    const data = await this.#askApi(subject, (api) => api.Subject.config({ subject }));
    const level = (data as { compatibilityLevel?: unknown } | undefined)?.compatibilityLevel;
    return typeof level === 'string' ? level.toUpperCase() : undefined;
  }

  async setCompatibility(subject: string): Promise<void> {
    const body = { compatibility: wantedCompatibility };
    await this.#askApi(subject, (api) => api.Subject.updateConfig({ subject, body }));
  }

  /** Whether the registry would take the schema under the subject; true where it has none there. */
  async wouldTake(subject: string, schema: ResultSchema): Promise<boolean> {
    const body = { schema: JSON.stringify(schema) };
    const data = await this.#askApi(subject, (api) =>
      api.Subject.compatible({ subject, version: 'latest', body }),
    );
    return (data as { is_compatible?: unknown } | undefined)?.is_compatible !== false;
  }

  async #askApi(subject: string, request: (api: SchemaRegistryAPIClient) => Promise<{ data(): unknown }>) {
    const found = await this.#ask(`subject ${subject}`, (options) =>
      request(confluentApi().default(options)),
    );
    return found?.answer.data();
  }

  /** undefined: the registry says that there is no such thing. */
  async #ask<T>(
    what: string,
    request: (options: ClientOptions) => Promise<T>,
  ): Promise<{ readonly answer: T } | undefined> {
    const exchange = new RegistryExchange(this.settings, this.#timeoutMs);
    const found: { answer: T }[] = [];
    try {
      const work = request(exchange.options()).then((answer) => found.push({ answer }));
      if (await within(work, this.#timeoutMs, systemClock)) return found[0];
    } catch (error) {
      if (exchange.saysMissing) return undefined;
      throw exchange.fault(what, error);
    } finally {
      exchange.end();
    }
    throw exchange.silence(what);
  }

  #checkedId(id: unknown): number {
    if (typeof id === 'number' && Number.isInteger(id)) return id;
    throw new RegistryFault(
      `the schema registry ${this.url} answers without the id of a schema: is 'url' in [registry] that of its Confluent API?`,
    );
  }
}

function registryOf(options: ClientOptions): SchemaRegistry {
  return new (confluent().SchemaRegistry)(options);
}
