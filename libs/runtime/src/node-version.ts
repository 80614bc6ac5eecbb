/** The oldest Node.js that the programs are tested on; older ones lack zstd, among others. */
const oldestMajor = 24;

/** What to say about this version; nothing when it is new enough. */
export function nodeComplaint(version: string): string | undefined {
  if (Number(version.split('.')[0]) >= oldestMajor) return undefined;
  return (
    `haproxystats needs Node.js ${oldestMajor} or newer, this is ${version} (${process.execPath}).\n` +
    'In a clone, npm start and npm test bring their own; elsewhere install a newer Node.js and put it first in PATH.\n'
  );
}

/** Ends the process, with what to do, where Node.js is too old. */
export function checkNodeVersion(): void {
  const complaint = nodeComplaint(process.versions.node);
  if (complaint === undefined) return;
  process.stderr.write(complaint);
  process.exit(1);
}
