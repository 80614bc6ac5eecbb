/** Each says why a text can't be used, or nothing. */

export function oneWord(text: string): string | undefined {
  return /^[^\s/]+$/.test(text) ? undefined : `'${text}' must be one word without blanks and slashes`;
}

/** A cluster or a node, in keys, and in names of files and paths: as it is, since two of them that are mended could become one. */
export function nodeName(text: string): string | undefined {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/.test(text)) return undefined;
  return `'${text}' must be made of letters, digits, '.', '_' and '-', 255 at most, and begin with no dot`;
}

/** `NODE`, or `CLUSTER/NODE`. */
export function clusterMember(text: string): string | undefined {
  const parts = text.split('/');
  if (parts.length > 2) return `'${text}' is not NODE or CLUSTER/NODE`;
  return parts.map(nodeName).find((fault) => fault !== undefined);
}

/** Parts of a path of Graphite, with dots between them. Anything else would break its lines, or make a series that nobody finds. */
export function graphitePath(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.includes('')) return `'${text}' has a dot at its begin, at its end, or beside another one`;
  if (parts.every((part) => /^[A-Za-z0-9_:-]+$/.test(part))) return undefined;
  return `'${text}' must be made of ASCII letters, digits, '_', ':' and '-', with dots between its parts`;
}

/** Kafka allows these characters in names of topics. */
export function topicPart(text: string): string | undefined {
  if (/^[A-Za-z0-9._-]{1,150}$/.test(text)) return undefined;
  return `'${text}' must be made of letters, digits, '.', '_' and '-', 150 at most`;
}

export function hostAndPort(text: string): string | undefined {
  const digits = /^(?:\[[^\]]+\]|[^\s:/@]+):(\d{1,5})$/.exec(text)?.[1];
  if (digits === undefined) return `'${text}' is not host:port`;
  const port = Number(digits);
  return port >= 1 && port <= 65535 ? undefined : `port ${digits} of '${text}' is out of range 1-65535`;
}

/** Does not quote the text: it may hold a password. */
export function redisUrl(text: string): string | undefined {
  return /^rediss?:\/\//.test(text) && isUsable(text)
    ? undefined
    : 'not a URL such as redis://user:password@host:6379/0 or rediss://…; special characters of a password are written %XX';
}

/** Whether its parts can be taken from it: who logs in where, and the number of a database. */
function isUsable(url: string): boolean {
  try {
    const { username, password, hostname, pathname } = new URL(url);
    decodeURIComponent(username + password);
    return hostname !== '' && /^\/?\d*$/.test(pathname);
  } catch {
    return false;
  }
}

/** Does not quote the text: people write passwords into URLs. */
export function registryUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    return 'not a URL such as http://host:8081, without a query';
  if (url.username !== '' || url.password !== '')
    return "a login does not belong into the URL: use 'username' and 'password' or 'password-file'";
  return undefined;
}
