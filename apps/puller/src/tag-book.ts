import {
  findUnknown,
  natureOfTag,
  ruleOfTag,
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

/** Puts a command to a process. Must not reject. */
export type Ask = (process: string, command: string) => Promise<Answer>;

/** What an answer says, and what is wrong with it where it does not say all that it was asked for. */
interface Learnt {
  readonly tags: Tags;
  readonly problem: string | undefined;
}

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
const maxHeaderBytes = 65_536;
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

  /** To be called once per poll. Answers how many questions were not answered as they should. */
  async learn(replies: readonly ProcessReply[], ask: Ask): Promise<number> {
    const pages = [...Map.groupBy(replies, keyOf)].slice(0, maxPages);
    const answered = await Promise.all(pages.map(([key, alike]) => this.#turnTo(key, alike, ask)));
    return answered.filter((isWhole) => !isWhole).length;
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
      const texts = [...newColumns(version, tags), ...(problem === undefined ? [] : [problem])];
      return texts.map((text) => ({ key: text, state: 'tags', text }));
    });
  }

  /** Answers false when a question was not answered as it should. */
  async #turnTo(key: string, alike: readonly ProcessReply[], ask: Ask): Promise<boolean> {
    const page = this.#page(key, alike[0]!);
    if (--page.wait >= 0) return true;
    await this.#look(page, alike[page.looks++ % alike.length]!, ask);
    return page.problem === undefined;
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

  async #look(page: Page, reply: ProcessReply, ask: Ask): Promise<void> {
    const unknown = unknownIn(reply, page.tags);
    const { process } = reply;
    const { command, isPartial } = unknown;
    const { tags, problem } = command === '' ? nothingNew : learntFrom(unknown, await ask(process, command));
    page.tags = joined(page.tags, tags);
    page.problem = problem === undefined ? undefined : unanswered(page.version, process, problem);
    page.wait = problem === undefined && !isPartial ? Infinity : page.pause;
    page.pause = Math.min(page.pause * 2, longestPause);
  }
}

/** Processes with one key print the same columns; what is longer than a header can be is none, whatever it is. */
function keyOf({ info, stat }: ProcessReply): string {
  const header = stat.toString('latin1', 0, Math.min(stat.indexOf('\n'), maxHeaderBytes));
  return `${infoValue(info, 'Version')}\n${header}`;
}

const nothing: Unknown = { names: new Map(), command: '', isPartial: false };
const nothingNew: Learnt = { tags: {}, problem: undefined };

/** Nothing in what is no CSV: whoever merges it says so. */
function unknownIn(reply: ProcessReply, learnt: Tags): Unknown {
  try {
    return findUnknown(reply, { learnt });
  } catch (error) {
    if (error instanceof StatFormatError) return nothing;
    throw error;
  }
}

function learntFrom(unknown: Unknown, answer: Answer): Learnt {
  if (!('bytes' in answer)) return { tags: {}, problem: answer.detail };
  try {
    const tags = tagsOf(unknown, answer.bytes);
    const open = untagged(unknown, tags);
    return { tags, problem: open.length > 0 ? `its answer has no tag for ${listed(open)}` : undefined };
  } catch (error) {
    if (error instanceof TypedFormatError) return { tags: {}, problem: error.message };
    throw error;
  }
}

/** What the answer should have a tag for, and has none: HAProxy closed early, or the row is gone. */
function untagged({ names }: Unknown, tags: Tags): string[] {
  return [...names].flatMap(([kind, asked]) =>
    [...asked].filter((name) => !Object.hasOwn(tags[kind] ?? {}, name)),
  );
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

function unanswered(version: string, process: string, why: string): string {
  return `HAProxy ${version} prints columns that this program does not know, and ${process} did not tell how they combine: ${why}; it is asked again`;
}

function newColumns(version: string, tags: Tags): string[] {
  const columns = Object.values(tags).flatMap((names) => Object.entries(names));
  return [...Map.groupBy(columns, ([, tag]) => fateOf(tag))].map(([fate, alike]) => {
    const names = listed(alike.map(([name]) => name));
    return `HAProxy ${version} prints ${names}, which this program does not know: ${fate}`;
  });
}

/** What becomes of a column with this tag. */
function fateOf(tag: string): string {
  if (ruleOfTag(tag) !== undefined) return "combined as HAProxy's tags say";
  if (natureOfTag(tag) !== undefined)
    return "left out, because HAProxy's tags call them names, keys, states or texts";
  return 'left out where several processes are combined, because it does not know the tags that HAProxy gives them either';
}

/** Each name once, and not too many. */
function listed(names: readonly string[]): string {
  const all = [...new Set(names)];
  const more = all.length > 10 ? ` and ${all.length - 10} more` : '';
  return all.slice(0, 10).join(', ') + more;
}
