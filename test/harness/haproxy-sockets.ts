/** The paths of a configuration's stats sockets; refuses a configuration without any, for nothing would tell when HAProxy is up. */
export function statsSocketPaths(config: string): string[] {
  const paths = [...config.matchAll(/^\s*stats\s+socket\s+(?:unix@)?(\/\S+)/gm)].map(([, path]) => path!);
  if (paths.length === 0) throw new Error('the HAProxy configuration has no "stats socket" that is a path');
  return paths;
}
