import { execFile } from 'node:child_process';

export interface FoundHaproxy {
  readonly binary: string;
  /** As it names itself, e.g. `2.6.12-1+deb12u4`. */
  readonly version: string;
}

/** By the search path first; then where packages put it, which an ordinary user's search path often leaves out. */
const usualPlaces = ['haproxy', '/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/opt/haproxy/sbin/haproxy'];
const answerMs = 5000;

/** The version that `binary -v` tells, or nothing when there is no such program or it is no HAProxy. */
function versionOf(binary: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(binary, ['-v'], { timeout: answerMs }, (error, output) =>
      resolve(error ? undefined : /HA-?Proxy version (\S+)/i.exec(output)?.[1]),
    );
  });
}

/** The first of `places` that is a HAProxy which runs here. */
export async function findHaproxy(
  places: readonly string[] = usualPlaces,
): Promise<FoundHaproxy | undefined> {
  for (const binary of places) {
    const version = await versionOf(binary);
    if (version !== undefined) return { binary, version };
  }
  return undefined;
}
