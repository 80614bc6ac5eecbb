import { objectionsOf, type Objection, type Settings } from '@haproxystats/runtime';
import { openSecurity, type KafkaLogin, type KafkaSecurity } from './kafka-security';
import type { KafkaSettings } from './kafka-client';

/** [kafka] as users have set it; undefined where no brokers are named: the logs are directories. Reads no files. */
export function kafkaSettingsOf({ kafka }: Settings): KafkaSettings | undefined {
  if (kafka.brokers === undefined) return undefined;
  return {
    brokers: kafka.brokers,
    clientId: kafka['client-id'],
    requestTimeoutMs: kafka['request-timeout'] * 1000,
    sessionTimeoutMs: kafka['session-timeout'] * 1000,
    security: securityOf(kafka),
  };
}

/** What programs with Kafka check before they start: that TLS and login are whole, and their files as they should be. */
export function validateKafka({ kafka }: Settings): Objection[] {
  if (kafka.brokers === undefined) return [];
  const halves = halfSet(kafka);
  return halves.length > 0 ? halves : objectionsOf(() => openSecurity(securityOf(kafka)));
}

type KafkaSection = Settings['kafka'];

function securityOf(kafka: KafkaSection): KafkaSecurity {
  const files = { section: 'kafka', ca: kafka['tls-ca'], cert: kafka['tls-cert'], key: kafka['tls-key'] };
  return { tls: kafka.tls ? files : undefined, login: loginOf(kafka) };
}

function loginOf(kafka: KafkaSection): KafkaLogin | undefined {
  const { 'sasl-mechanism': mechanism, 'sasl-username': username = '' } = kafka;
  if (mechanism === undefined) return undefined;
  const { 'sasl-password': password = '', 'sasl-password-file': path } = kafka;
  const file = { section: 'kafka', key: 'sasl-password-file', path: path ?? '' };
  return { mechanism, username, password: path === undefined ? password : file };
}

const tlsOptions = ['tls-ca', 'tls-cert', 'tls-key'] as const;
const loginOptions = ['sasl-username', 'sasl-password', 'sasl-password-file'] as const;

/** Options that count only beside others which are not set. */
function halfSet(kafka: KafkaSection): Objection[] {
  const objection = (key: string, message: string): Objection => ({ section: 'kafka', key, message });
  const without = (keys: readonly (keyof KafkaSection)[], needed: string): Objection[] =>
    keys
      .filter((key) => kafka[key] !== undefined)
      .map((key) => objection(key, `it counts only with ${needed}`));
  return [
    ...(kafka.tls ? [] : without(tlsOptions, "'tls = true'")),
    ...(kafka['sasl-mechanism'] === undefined
      ? without(loginOptions, "'sasl-mechanism'")
      : missingInLogin(kafka).map((message) => objection('sasl-mechanism', message))),
  ];
}

function missingInLogin(kafka: KafkaSection): string[] {
  const passwords = [kafka['sasl-password'], kafka['sasl-password-file']].filter(
    (each) => each !== undefined,
  );
  if (kafka['sasl-username'] === undefined) return ["a login needs 'sasl-username' too"];
  if (passwords.length === 0) return ["a login needs 'sasl-password' or 'sasl-password-file' too"];
  if (passwords.length > 1)
    return ["'sasl-password' and 'sasl-password-file' are both set: keep one of them"];
  return [];
}
