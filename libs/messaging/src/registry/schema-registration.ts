import { RegistryClient, wantedCompatibility } from './registry-client';
import type { ResultTopic } from './record-encoder';
import type { RegistrySettings } from './registry-settings';
import { schemaOf, subjectOf } from './subjects';

export interface SchemaWish {
  readonly registry: RegistrySettings;
  readonly topicPrefix: string;
  readonly topic: ResultTopic;
}

/** How the schema of a subject stands, as a sentence for a person. */
export interface SchemaState {
  readonly subject: string;
  /** Services can use it as it is. */
  readonly isReady: boolean;
  readonly told: string;
}

/**
 * Sets the subject's compatibility and registers this version's schema there, unless that is done already. Rejects with RegistryFault, also
 * where the registry finds the schema incompatible; then the one it has stays.
 */
export async function registerSchema({ registry, topicPrefix, topic }: SchemaWish): Promise<SchemaState> {
  const client = new RegistryClient(registry);
  const subject = subjectOf(topicPrefix, topic);
  const level = await client.compatibilityOf(subject);
  if (level !== wantedCompatibility) await client.setCompatibility(subject);
  const known = await client.idOf(subject, schemaOf(topic));
  const id = known ?? (await client.register(subject, schemaOf(topic)));
  const changed = level === undefined || level === wantedCompatibility ? '' : `, compatibility was ${level}`;
  const done = known === undefined ? 'registered' : 'is as it should be';
  return { subject, isReady: true, told: `${done} (id ${id}${changed})` };
}

/** Changes nothing. Rejects with RegistryFault where the registry does not answer. */
export async function checkSchema({ registry, topicPrefix, topic }: SchemaWish): Promise<SchemaState> {
  const client = new RegistryClient(registry);
  const subject = subjectOf(topicPrefix, topic);
  const id = await client.idOf(subject, schemaOf(topic));
  if (id === undefined) {
    const isTaken = await client.wouldTake(subject, schemaOf(topic));
    return { subject, isReady: false, told: isTaken ? notRegistered : incompatible };
  }
  const level = await client.compatibilityOf(subject);
  const told = level === wantedCompatibility ? `is as it should be (id ${id})` : unguarded(id, level);
  return { subject, isReady: level === wantedCompatibility, told };
}

const notRegistered = "this version's schema is not registered: run 'haproxystats schemas register'";
const incompatible =
  "this version's schema is not registered, and incompatible with the newest one there: was it registered by something else, or by a newer version?";

function unguarded(id: number, level = 'not set'): string {
  return `registered (id ${id}), but its compatibility is ${level} in place of ${wantedCompatibility}: run 'haproxystats schemas register'`;
}
