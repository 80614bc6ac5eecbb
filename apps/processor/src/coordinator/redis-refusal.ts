import { causesOf, tlsFaultOf } from '@haproxystats/runtime';
import { redisPlace, redisUser } from './redis-connection';

/** The shared ledger will not answer until a person has acted; the message says whom and what it concerns, and what to do. */
export class LedgerRefusal extends Error {
  override readonly name = 'LedgerRefusal';
}

/** ALL THAT THE LEDGER DOES IN REDIS, by commands of its own or within its scripts. */
const ledgerCommands = [
  'eval',
  'evalsha',
  'hset',
  'hexists',
  'zadd',
  'zrange',
  'zremrangebyscore',
  'pexpire',
];

/** What a user of Redis must be granted, as ACL SETUSER takes it: `~hs:* +eval …`. */
export function ledgerRights(keyPrefix: string): string {
  return [`~${keyPrefix}:*`, ...ledgerCommands.map((command) => `+${command}`)].join(' ');
}

interface RefusalRow {
  readonly answers: RegExp;
  readonly what: (user: string, keyPrefix: string) => string;
}

/** WHAT REDIS REFUSES: the first row that matches its answer. */
const rows: readonly RefusalRow[] = [
  {
    answers: /^(WRONGPASS|ERR invalid password)/,
    what: (user) =>
      `the login of user ${user} fails: set the password in 'url' or 'password-file' as Redis has it`,
  },
  {
    answers: /^NOAUTH/,
    what: () => "it wants a login: set user and password in 'url' or 'password-file'",
  },
  {
    answers: /^NOPERM|ACL failure in script|user executing the script can't/,
    what: (user, keyPrefix) =>
      `user ${user} lacks a right that the ledger needs: ACL SETUSER ${user} ${ledgerRights(keyPrefix)}`,
  },
  {
    answers: /^(MOVED|ASK|CLUSTERDOWN) /,
    what: () =>
      'it is a Redis Cluster; the ledger takes a single server, or a fail-over pair behind one address',
  },
  {
    answers: /WRONGTYPE/,
    what: (_, keyPrefix) =>
      `keys of the ledger hold something else: who writes ${keyPrefix}:* beside it? Delete them, or set another 'key-prefix'`,
  },
];

/** What only a person can mend; undefined for any other error. */
export function redisRefusalOf(
  error: unknown,
  { url, keyPrefix }: { readonly url: string; readonly keyPrefix: string },
): LedgerRefusal | undefined {
  const [answer] = causesOf(error);
  if (!answer) return undefined;
  const place = `redis ${redisPlace(url)}`;
  const tls = tlsFaultOf(answer);
  if (tls !== undefined) return new LedgerRefusal(`${place}: no TLS connection: ${tls}`, { cause: error });
  const { message } = answer;
  const row = rows.find(({ answers }) => answers.test(message));
  return (
    row &&
    new LedgerRefusal(`${place}: ${row.what(redisUser(url), keyPrefix)} (${message})`, { cause: error })
  );
}
