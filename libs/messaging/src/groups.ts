/** The consumer group of a role: `haproxystats` + `node` -> `haproxystats-node`. */
export function groupName(prefix: string, role: string): string {
  return `${prefix}-${role}`;
}
