import type { Type } from 'avsc';
import { eventSchema, metricsSchema, type ResultSchema } from '../schemas';
import { avsc } from './avro-packages';

const compiled = new Map<ResultSchema, Type>();

/** The compiled schemas, by which records are written and into which they are read. */
export const metricsType = (): Type => typeOf(metricsSchema);
export const eventType = (): Type => typeOf(eventSchema);

function typeOf(schema: ResultSchema): Type {
  const known = compiled.get(schema);
  if (known) return known;
  const { Type } = avsc();
  const type = Type.forSchema(schema as Parameters<typeof Type.forSchema>[0]);
  compiled.set(schema, type);
  return type;
}
