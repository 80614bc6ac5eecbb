import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readLines, type Recorded } from './expectation';
import { readInputs, type ProcessInput } from './inputs';

const fixtures = join(__dirname, '../fixtures/golden');

/** The folders of a kind of recordings. */
export function goldenNames(kind: 'cases' | 'poison'): string[] {
  return readdirSync(join(fixtures, kind)).sort();
}

/** A recording of the original: what it read, how it was configured, and what it sent. */
export class GoldenCase {
  readonly path: string;
  readonly input: string;
  /** What the host was called. */
  readonly hostname: string;
  /** What the case shows. */
  readonly about: string;

  constructor(kind: 'cases' | 'poison', name: string) {
    this.path = join(fixtures, kind, name);
    this.input = join(this.path, 'input');
    this.hostname = this.#text('hostname').trim();
    this.about = this.#text('ABOUT').trim();
  }

  /** The configuration; `work`: a directory for everything that it lets a program write. */
  config({ work, port }: { work: string; port: number }): string {
    return this.#text('config.ini')
      .replaceAll('@WORK@', work)
      .replaceAll('@PORT@', String(port))
      .replaceAll('@CASE@', this.path);
  }

  recorded(): Recorded {
    const plain = join(this.path, 'expected.txt');
    return readLines(
      existsSync(plain)
        ? readFileSync(plain, 'latin1')
        : gunzipSync(readFileSync(`${plain}.gz`)).toString('latin1'),
    );
  }

  /** The one snapshot. */
  inputs(): ProcessInput[] {
    const [snapshot = ''] = readdirSync(this.input);
    return readInputs(join(this.input, snapshot));
  }

  #text(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }
}
