import { causesOf, tlsFaultOf } from '@haproxystats/runtime';

/** What a client wants of the brokers, for the message that it may not. */
export interface KafkaWish {
  readonly topic: string;
  /** undefined: it writes. */
  readonly group?: string | undefined;
  /** Whom the brokers take it for; undefined where nothing is known of them. */
  readonly principal?: string | undefined;
  readonly brokers?: string | undefined;
}

/** Whom brokers take those for who neither log in nor show a certificate. */
export const nobody = 'User:ANONYMOUS';

/**
 * What only a person can mend: a right, a login or a certificate that is missing or wrong. A sentence that names the resource, who was
 * refused, and what to do; undefined for any other error.
 */
export function refusalOf(error: unknown, wish: KafkaWish): string | undefined {
  return denied(error, wish) ?? notLoggedIn(error, wish) ?? notConnected(error, wish);
}

/** What may be the matter where a broker hangs up on a client that shows nothing of itself, or takes no record of that size; '' for any other error. */
export function hintOf(error: unknown, { principal }: Pick<KafkaWish, 'principal'>): string {
  const tooLarge = firstIn(error, ({ type }) => (type === 'MESSAGE_TOO_LARGE' ? type : undefined));
  if (tooLarge !== undefined)
    return " (its max.message.bytes, or the brokers' message.max.bytes, is below the default: raise it)";
  const closed = firstIn(error, ({ name }) => (name === 'KafkaJSConnectionClosedError' ? name : undefined));
  if (closed === undefined || principal !== nobody) return '';
  return ' (the broker hangs up: it may ask for TLS or a login, as tls and sasl-mechanism in [kafka] give it)';
}

/** Of the kinds of compression kafkajs has gzip alone, and the same batch would come again and again. Undefined for any other error. */
export function unpackingFault(error: Error, topic: string): Error | undefined {
  if (error.name !== 'KafkaJSNotImplemented') return undefined;
  const text = `topic ${topic} holds records that cannot be unpacked (${error.message}): set compression.type=uncompressed there; those that lie there go by its retention`;
  return new Error(text, { cause: error });
}

/** Errors after which kafkajs 2.2.4 does not join again, although all they say is that no broker answered in time. */
const passing = new Set(['KafkaJSGroupCoordinatorNotFound', 'KafkaJSLockTimeout', 'KafkaJSTimeout']);

/** Whether kafkajs gives up on a fault that passes by itself. */
export function passesByItself(error: Error): boolean {
  return passing.has(error.name);
}

/** kafkajs' name for the missing right, also where kafkajs has wrapped the broker's answer; undefined for any other error. */
export function denialType(error: unknown): string | undefined {
  return firstIn(error, ({ type }) =>
    typeof type === 'string' && type.endsWith('_AUTHORIZATION_FAILED') ? type : undefined,
  );
}

function denied(error: unknown, { topic, group, principal = 'this client' }: KafkaWish): string | undefined {
  const type = denialType(error);
  if (type === undefined) return undefined;
  const [resource, operation] =
    type === 'GROUP_AUTHORIZATION_FAILED'
      ? [`group ${group ?? '?'}`, 'Read']
      : [`topic ${topic}`, group === undefined ? 'Write' : 'Read'];
  return `${resource}: the brokers deny ${principal} to ${operation.toLowerCase()} it (${type}): grant ${principal} the operation ${operation} on ${resource}`;
}

function notLoggedIn(
  error: unknown,
  { brokers = '', principal = 'this client' }: KafkaWish,
): string | undefined {
  const reason = firstIn(error, ({ name, type, message }) =>
    name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED' ? message : undefined,
  );
  if (reason === undefined) return undefined;
  return `brokers ${brokers}: the login of ${principal} fails (${reason}): look at sasl-mechanism, sasl-username and the password, here and there`;
}

function notConnected(error: unknown, { brokers = '' }: KafkaWish): string | undefined {
  const broker =
    firstIn(error, (each) => (typeof each.broker === 'string' ? each.broker : undefined)) ?? brokers;
  const option = firstIn(error, ({ message }) => /^Failed to connect: (option '.*)$/s.exec(message)?.[1]);
  const fault = tlsFaultOf(error) ?? option;
  return fault === undefined ? undefined : `broker ${broker}: no TLS connection: ${fault}`;
}

interface KafkaJSError extends Error {
  /** Of a request for several topics. */
  readonly errors?: readonly unknown[];
  readonly type?: unknown;
  readonly broker?: unknown;
}

/** What `find` finds first in an error and what it was caused by. */
function firstIn(error: unknown, find: (error: KafkaJSError) => string | undefined): string | undefined {
  for (const cause of causesOf(error) as Iterable<KafkaJSError>) {
    const found = find(cause);
    if (found !== undefined) return found;
    for (const part of cause.errors ?? []) {
      const within = firstIn(part, find);
      if (within !== undefined) return within;
    }
  }
  return undefined;
}
