import type { Clock } from '@haproxystats/runtime';
import type { Type } from 'avsc';
import { RecordFormatError } from '../record-headers';
import { checkWire } from './wire-check';

export interface WriterSchemasOptions {
  /** Asks the registry. */
  readonly typeOf: (id: number) => Promise<Type>;
  /** The schema that records are read into. */
  readonly readerType: () => Type;
  readonly clock: Clock;
}

/** Versions that are in use at one time are few; an id comes from the wire and may be any. */
const maxKnown = 64;
/** For so long an id that could not be had is not asked for again. */
const failedForMs = 1_000;

interface Failed {
  readonly until: number;
  readonly error: unknown;
}

/** Readers by the id of the writer's schema. Each resolver is made once: to make it takes as long as to read 400 records. */
export class WriterSchemas {
  readonly #readers = new Map<number, WriterSchema>();
  readonly #fetching = new Map<number, Promise<WriterSchema>>();
  readonly #failed = new Map<number, Failed>();

  constructor(private readonly options: WriterSchemasOptions) {}

  known(id: number): WriterSchema | undefined {
    return this.#readers.get(id);
  }

  /** However many ask for it at a time, the registry is asked once, and not again for a while when it has failed. */
  async fetch(id: number): Promise<WriterSchema> {
    const failed = this.#failed.get(id);
    if (failed && failed.until > this.options.clock.monotonic()) throw failed.error;
    const fetching = this.#fetching.get(id) ?? this.#start(id);
    return fetching;
  }

  #start(id: number): Promise<WriterSchema> {
    const fetching = this.#fetch(id).finally(() => this.#fetching.delete(id));
    this.#fetching.set(id, fetching);
    return fetching;
  }

  async #fetch(id: number): Promise<WriterSchema> {
    const { typeOf, readerType, clock } = this.options;
    try {
      const reader = new WriterSchema(await typeOf(id), readerType(), id);
      keep(this.#readers, id, reader);
      this.#failed.delete(id);
      return reader;
    } catch (error) {
      keep(this.#failed, id, { until: clock.monotonic() + failedForMs, error });
      throw error;
    }
  }
}

/** Beyond the bound the one that came first goes. */
function keep<T>(entries: Map<number, T>, id: number, entry: T): void {
  entries.delete(id);
  entries.set(id, entry);
  const [oldest] = entries.keys();
  if (entries.size > maxKnown) entries.delete(oldest!);
}

/** Reads records of one writer's schema as those of the reader's. */
export class WriterSchema {
  readonly #resolver;

  /** Throws RecordFormatError where one cannot be read as the other. */
  constructor(
    private readonly writer: Type,
    private readonly reader: Type,
    private readonly id: number,
  ) {
    try {
      this.#resolver = reader.createResolver(writer);
    } catch (error) {
      throw new RecordFormatError(
        `the record was written by schema id ${id} (${writer.name ?? writer.typeName}), which cannot be read as ${reader.name}: ${(error as Error).message.slice(0, 200)}`,
      );
    }
  }

  read(value: Buffer, start: number): unknown {
    checkWire(this.writer, value, start);
    try {
      return this.reader.fromBuffer(value.subarray(start), this.#resolver);
    } catch (error) {
      throw new RecordFormatError(`the record is none of schema id ${this.id}: ${(error as Error).message}`);
    }
  }
}
