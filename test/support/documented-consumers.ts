import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pythonPackages } from '../harness/consumer-tools';
import { ownEnvironment } from './program';

const root = resolve(__dirname, '../..');
const page = readFileSync(join(root, 'docs/CONSUMERS.md'), 'utf8');
const block = /<!-- test: ([a-z ]+) -->\n+```(python|ts|sh)\n([^]*?)```/g;

/** How code of a language is run: what goes before the file's name. */
const runners = {
  python: ['python3'],
  ts: [process.execPath, '--require', join(root, 'test/support/typescript-hooks.cjs')],
  sh: ['sh'],
} as const;

interface Consumer {
  readonly language: keyof typeof runners;
  readonly code: string;
}

/** The consumers of docs/CONSUMERS.md, by the names in the comments above them. */
export const documented: ReadonlyMap<string, Consumer> = new Map(
  [...page.matchAll(block)].map(([, name, language, code]) => [
    name!,
    { language: language as keyof typeof runners, code: code! },
  ]),
);

/** How many blocks of code the page has that are programs. */
export const programsOnPage = [...page.matchAll(/^```(python|ts|js|sh)$/gm)].length;

export interface RunOptions {
  /** In place of `haproxystats` in the names of topics, and of `my` in those of groups. */
  readonly topicPrefix: string;
  /** For the file with its code. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A consumer of the page, running as it stands there. */
export class DocumentedConsumer {
  output = '';
  errors = '';
  readonly #child: ChildProcess;

  constructor(name: string, { topicPrefix, directory, env }: RunOptions) {
    const { language, code } = documented.get(name)!;
    const file = join(directory, `${name.replaceAll(' ', '-')}.${language === 'python' ? 'py' : language}`);
    const here = code
      .replace(/\bhaproxystats\.(?=metrics|events)/g, `${topicPrefix}.`)
      .replace(/\bmy-(?=dashboard|report)/, `${topicPrefix}-`);
    writeFileSync(file, here);
    const [command, ...args] = runners[language];
    this.#child = spawn(command, [...args, file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ownEnvironment(), PYTHONPATH: pythonPackages, NODE_PATH: join(root, 'node_modules'), ...env },
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  /** Whole lines, without the log of kafkajs. Python has floats of whole numbers. */
  get lines(): string[] {
    const lines = this.output.split('\n').slice(0, -1);
    return lines.filter((line) => !line.startsWith('{"level"')).map((line) => line.replace(/\.0\b/g, ''));
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
