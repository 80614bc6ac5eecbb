import { cachedPoints } from './carbon-cache';
import type { CarbonStore } from './servers';
import type { WhisperDirectory } from './whisper';

/** What a carbon-cache holds: in its files, and in its memory on the way there. */
export function carbonStore(
  { host, cacheQueryPort }: { readonly host: string; readonly cacheQueryPort: number },
  files: WhisperDirectory,
): CarbonStore {
  return {
    paths: () => files.paths(),
    async points(path) {
      // In this order: a point that is being moved into the file is then seen there.
      const cached = await cachedPoints(host, cacheQueryPort, path);
      const written = await files.points(path);
      return [...new Map([...written, ...cached])].sort(([left], [right]) => left - right);
    },
    writtenPoints: (path) => files.points(path),
  };
}
