import { readdirSync } from 'node:fs';

/** These come and go with jest and its output. */
const notOurs: ReadonlySet<string> = new Set(['TTYWrap', 'PipeWrap', 'Immediate', 'MessagePort']);

/** What keeps this process busy: a name for each socket, timer, request for a file; and its open files. */
export function openResources(): readonly string[] {
  const files = readdirSync('/proc/self/fd').map(() => 'file descriptor');
  return [...process.getActiveResourcesInfo().filter((name) => !notOurs.has(name)), ...files];
}

/** What is open now and was not before. */
export function leftOpen(before: readonly string[]): string[] {
  const rest = [...before];
  return openResources().filter((name) => {
    const index = rest.indexOf(name);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}
