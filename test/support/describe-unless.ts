/** A `describe` that is skipped for a reason, which stands in its title; undefined: it runs. */
export function describeUnless(reason: string | undefined, name: string, tests: () => void): void {
  if (reason === undefined) describe(name, tests);
  else describe.skip(`${name} (${reason})`, tests);
}
