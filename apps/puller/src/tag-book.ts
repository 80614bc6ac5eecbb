import {
  findUnknown,
  StatFormatError,
  tagsOf,
  TypedFormatError,
  type ProcessReply,
  type Tags,
  type Unknown,
} from '@haproxystats/haproxy';
import { infoValue } from './info-value';
import type { Fact } from './news';
import type { Answer } from './stats-socket';

/** Puts a command to a process. */
export type Ask = (process: string, command: string) => Promise<Answer>;

/** What is known of the processes of one HAProxy version that print the same columns. */
interface Page {
  readonly version: string;
  tags: Tags;
  /** Why not all is known, as far as somebody should hear of it. */
  problem: string | undefined;
  /** Polls until it is looked into again; Infinity when all is known. */
  wait: number;
  /** How many polls are waited after the next look that leaves something open. */
  pause: number;
  /** How often it was looked into: each time the answer of another process. */
  looks: number;
}

/** Versions, and sets of columns, that are remembered. */
const maxPages = 16;
const longestPause = 512;
/** Columns of a kind whose tags travel with each poll. */
const maxNames = 256;

/**
 * Learns what HAProxy says of columns that the catalogue does not know: looks into the first answer of each version, and asks the
 * process one small question where something is new. Looks again, ever less often, as long as new columns have no value in some kind of
 * row, or a question failed.
 */
export class TagBook {
  readonly #pages = new Map<string, Page>();

  /** To be called once per poll; `ask` must not reject. Answers how many questions were not answered as they should. */
  async learn(replies: readonly ProcessReply[], ask: Ask): Promise<number> {
    let failures = 0;
    for (const [key, alike] of Map.groupBy(replies, keyOf)) {
      const page = this.#page(key, alike[0]!);
      if (--page.wait >= 0) continue;
      const reply = alike[page.looks++ % alike.length]!;
      if (!(await this.#look(page, reply, ask))) failures++;
    }
    return failures;
  }

  /** Of all versions in the poll; undefined where nothing is unknown. Where two differ the one that comes last counts. */
  tagsOf(replies: readonly ProcessReply[]): Tags | undefined {
    const keys = [...new Set(replies.map(keyOf))];
    const tags = joined(...keys.map((key) => this.#pages.get(key)?.tags ?? {}));
    return Object.keys(tags).length === 0 ? undefined : tags;
  }

  /** What a person should know: which columns are new, and which question was not answered. */
  get notices(): Fact[] {
    return [...this.#pages.values()].flatMap(({ version, tags, problem }) => {
      const names = new Set(Object.values(tags).flatMap((names) => Object.keys(names)));
      const texts = names.size > 0 ? [newColumns(version, [...names])] : [];
      if (problem !== undefined) texts.push(problem);
      return texts.map((text) => ({ key: text, state: 'tags', text }));
    });
  }

  /** The most recently used stand last. */
  #page(key: string, { info }: ProcessReply): Page {
    const version = infoValue(info, 'Version');
    const page = this.#pages.get(key) ?? {
      version,
      tags: {},
      problem: undefined,
      wait: 0,
      pause: 1,
      looks: 0,
    };
    this.#pages.delete(key);
    this.#pages.set(key, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > maxPages) this.#pages.delete(oldest!);
    return page;
  }

  /** Answers false when a question was not answered. */
  async #look(page: Page, reply: ProcessReply, ask: Ask): Promise<boolean> {
    const unknown = unknownIn(reply, page.tags);
    const tags = unknown.command === '' ? {} : tagsIn(unknown, await ask(reply.process, unknown.command));
    const isAnswer = typeof tags !== 'string';
    if (isAnswer) page.tags = joined(page.tags, tags);
    page.problem = isAnswer ? undefined : unanswered(page.version, tags);
    page.wait = isAnswer && !unknown.isPartial ? Infinity : page.pause;
    page.pause = Math.min(page.pause * 2, longestPause);
    return isAnswer;
  }
}

/** Processes with one key print the same columns. */
function keyOf({ info, stat }: ProcessReply): string {
  return `${infoValue(info, 'Version')}\n${stat.toString('latin1', 0, stat.indexOf('\n'))}`;
}

const nothing: Unknown = { names: new Map(), command: '', isPartial: false };

/** Nothing in what is no CSV: whoever merges it says so. */
function unknownIn(reply: ProcessReply, learnt: Tags): Unknown {
  try {
    return findUnknown(reply, { learnt });
  } catch (error) {
    if (error instanceof StatFormatError) return nothing;
    throw error;
  }
}

/** The tags, or why the answer has none. */
function tagsIn(unknown: Unknown, answer: Answer): Tags | string {
  if (!('bytes' in answer)) return answer.detail;
  try {
    return tagsOf(unknown, answer.bytes);
  } catch (error) {
    if (error instanceof TypedFormatError) return error.message;
    throw error;
  }
}

/** Of each kind so many at most; where two differ the later one counts. */
function joined(...several: readonly Tags[]): Tags {
  const all = new Map<string, Record<string, string>>();
  for (const [kind, names] of several.flatMap((tags) => Object.entries(tags))) {
    const entries = Object.entries({ ...all.get(kind), ...names });
    all.set(kind, Object.fromEntries(entries.slice(0, maxNames)));
  }
  return Object.fromEntries(all);
}

function unanswered(version: string, why: string): string {
  return `HAProxy ${version} prints columns that this program does not know, and did not tell how they combine: ${why}; it is asked again`;
}

function newColumns(version: string, names: readonly string[]): string {
  const some = names.slice(0, 10).join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `HAProxy ${version} prints ${some}${more}, which this program does not know: combined as HAProxy's tags say`;
}
