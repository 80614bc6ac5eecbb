import {
  objectionsOf,
  readSecretFile,
  readTlsFiles,
  type Objection,
  type OptionFile,
  type Settings,
} from '@haproxystats/runtime';

/** How to reach a schema registry. */
export interface RegistrySettings {
  /** Of its Confluent API, without a login in it. */
  readonly url: string;
  /** For a request as a whole; 3000 unless told otherwise. */
  readonly timeoutMs?: number;
  /** HTTP basic authentication; the password, or the file that holds it. */
  readonly login?: { readonly username: string; readonly password: string | OptionFile };
  /** The file with the CA that has signed the certificate of an `https://` one; absent: whom Node.js trusts. */
  readonly caFile?: string;
}

type RegistrySection = Settings['registry'];

/** [registry] as users have set it; undefined where no url is named. Reads no files. */
export function registrySettingsOf({ registry }: Settings): RegistrySettings | undefined {
  if (registry.url === undefined) return undefined;
  const login = loginOf(registry);
  const caFile = registry['tls-ca'];
  return {
    url: registry.url,
    timeoutMs: registry.timeout * 1000,
    ...(login && { login }),
    ...(caFile !== undefined && { caFile }),
  };
}

/** What programs that use the registry check before they start: that the login is whole, and the files as they should be. */
export function validateRegistry(settings: Settings): Objection[] {
  const halves = halfSet(settings.registry);
  const reached = registrySettingsOf(settings);
  if (halves.length > 0 || !reached) return halves;
  return objectionsOf(() => openLogin(reached)).concat(objectionsOf(() => openTls(reached)));
}

/** Throws OptionFault. */
export function openLogin({ login }: RegistrySettings): { username: string; password: string } | undefined {
  if (!login) return undefined;
  const { username, password } = login;
  return { username, password: typeof password === 'string' ? password : readSecretFile(password) };
}

/** What `https` takes; undefined for the CAs of Node.js. Throws OptionFault. */
export function openTls({ caFile }: RegistrySettings): { ca?: string } | undefined {
  if (caFile === undefined) return undefined;
  return readTlsFiles({ section: 'registry', ca: caFile, cert: undefined, key: undefined });
}

function loginOf(registry: RegistrySection): RegistrySettings['login'] {
  const { username, password = '', 'password-file': path } = registry;
  if (username === undefined) return undefined;
  const file = { section: 'registry', key: 'password-file', path: path ?? '' };
  return { username, password: path === undefined ? password : file };
}

/** What counts only beside another option which is not set: the option, what it needs, whether that is there. */
function halfSet(registry: RegistrySection): Objection[] {
  const { url, username, password, 'password-file': path } = registry;
  const needs = [
    ['username', "'url'", url !== undefined],
    ['password', "'username'", username !== undefined],
    ['password-file', "'username'", username !== undefined],
    ['tls-ca', "an 'https://' url", url?.startsWith('https:')],
  ] as const;
  const halves = needs
    .filter(([key, , isThere]) => registry[key] !== undefined && !isThere)
    .map(([key, needed]) => objection(key, `it counts only with ${needed}`));
  const passwords = [password, path].filter((each) => each !== undefined).length;
  if (username === undefined || passwords === 1) return halves;
  return [...halves, objection('username', wrongPasswords(passwords))];
}

function wrongPasswords(passwords: number): string {
  return passwords === 0
    ? "a login needs 'password' or 'password-file' too"
    : "'password' and 'password-file' are both set: keep one of them";
}

function objection(key: string, message: string): Objection {
  return { section: 'registry', key, message };
}
