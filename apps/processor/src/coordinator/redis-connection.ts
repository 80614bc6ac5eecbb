import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import { objectionsOf, OptionFault, readSecretFile, readTlsFiles } from '@haproxystats/runtime';
import type { Objection, OptionFile, Settings, TlsFiles } from '@haproxystats/runtime';

export interface RedisAccess {
  /** `rediss://` for TLS. */
  readonly url: string;
  /** Instead of a password in the URL. */
  readonly passwordFile?: OptionFile | undefined;
  /** What the URL does not say of TLS. */
  readonly tls?: TlsFiles | undefined;
}

/** [redis] as users have set it; undefined where there is none: the ledger is in memory. Reads no files. */
export function redisAccessOf({ redis }: Settings): RedisAccess | undefined {
  if (redis.url === undefined) return undefined;
  const { url, 'password-file': path } = redis;
  return {
    url,
    passwordFile: path === undefined ? undefined : { section: 'redis', key: 'password-file', path },
    tls: isTls(url)
      ? { section: 'redis', ca: redis['tls-ca'], cert: redis['tls-cert'], key: redis['tls-key'] }
      : undefined,
  };
}

/** What programs with Redis check before they start: that files of TLS and login are as they should be, and have an effect. */
export function validateRedis(settings: Settings): Objection[] {
  const access = redisAccessOf(settings);
  if (!access) return [];
  const message = "it counts only with a 'url' that begins with rediss://";
  const { redis } = settings;
  const idle = (['tls-ca', 'tls-cert', 'tls-key'] as const).filter((key) => redis[key] !== undefined);
  if (!access.tls && idle.length > 0) return idle.map((key) => ({ section: 'redis', key, message }));
  return objectionsOf(() => connectionOptions(access));
}

/** What a connection takes beside the URL, as the files are now. Throws OptionFault. */
export function connectionOptions({
  url,
  passwordFile,
  tls,
}: RedisAccess): Pick<RedisOptions, 'password' | 'tls'> {
  const { hostname, password } = new URL(url);
  if (passwordFile && password !== '')
    throw new OptionFault('redis', 'password-file', "there is a password in 'url' too: keep one of them");
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    ...(passwordFile && { password: readSecretFile(passwordFile) }),
    ...(tls && { tls: { ...readTlsFiles(tls), ...(isIP(host) === 0 && { servername: host }) } }),
  };
}

function isTls(url: string): boolean {
  return url.startsWith('rediss://');
}

/** `redis.example.org:6379`, for messages. */
export function redisPlace(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '6379'}`;
}

/** The user of the URL; `default` is whom Redis takes for it. */
export function redisUser(url: string): string {
  return decodeURIComponent(new URL(url).username) || 'default';
}
