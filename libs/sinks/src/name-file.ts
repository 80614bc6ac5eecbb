import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Clock, Logger } from '@haproxystats/runtime';

const maxBytes = 1_000_000;
const maxNames = 100_000;
/** The file is looked at no more often than this. */
const pauseMs = 1_000;

const none: ReadonlySet<string> = new Set();

export interface NameFilePorts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
  /** A file that cannot be used: as often as it is told in the log. */
  readonly onUnusableFile?: (() => void) | undefined;
}

/**
 * Names of proxies in a file of the user's, one a line, every `.` as `_` (as the original compares them). Read again when the file has
 * changed. A file that cannot be used is an error in the log, once for each reason, and the last good list stays; nothing, when there was none.
 */
export class NameFile {
  #names = none;
  #lookedAt = -Infinity;
  /** What the names were read from; tells whether the file has changed. */
  #state = '';
  #fault = '';

  /** `option`: the setting that names the file, as users know it. */
  constructor(
    private readonly path: string,
    private readonly option: string,
    private readonly ports: NameFilePorts,
  ) {}

  names(): ReadonlySet<string> {
    const now = this.ports.clock.monotonic();
    if (now - this.#lookedAt >= pauseMs) {
      this.#lookedAt = now;
      this.#look();
    }
    return this.#names;
  }

  #look(): void {
    try {
      const content = readChanged(this.path, this.#state);
      if (content) {
        this.#names = namesIn(content.text);
        this.#state = content.state;
      }
      this.#fault = '';
    } catch (error) {
      this.#tell((error as Error).message);
    }
  }

  #tell(fault: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.ports.onUnusableFile?.();
    const { path, option } = this;
    const kept = this.#names.size;
    this.ports.logger.error(
      { path, option, kept },
      `${option}: '${path}' cannot be used: ${fault}. ${kept === 0 ? 'Nothing is excluded' : `The ${kept} names read before stay excluded`} until the file is right`,
    );
  }
}

/** The text of the file, unless it is as it was in `state`. */
function readChanged(path: string, state: string): { text: string; state: string } | undefined {
  // Opening a pipe would wait for its writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new Error('it is no regular file');
    if (facts.size > maxBytes) throw new Error(`it has ${facts.size} bytes, ${maxBytes} are allowed`);
    const found = `${facts.ino} ${facts.size} ${facts.mtimeMs}`;
    return found === state ? undefined : { text: readFileSync(file, 'utf8'), state: found };
  } finally {
    closeSync(file);
  }
}

function namesIn(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const name = line.trim().replaceAll('.', '_');
    if (name !== '' && !name.startsWith('#')) names.add(name);
  }
  if (names.size > maxNames) throw new Error(`it has ${names.size} names, ${maxNames} are allowed`);
  return names;
}
