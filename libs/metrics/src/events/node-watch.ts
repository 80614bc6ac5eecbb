import type { Frame, FrameHead, ProcessLife, Table } from '../frame';
import { checkFields, checkText } from './check-text';
import type { EventType, HaproxyEvent } from './event';
import { withId } from './event-id';
import { nameOf } from './match-lives';
import { noState } from './pending';
import { ProcessLives, type LifeChange } from './process-lives';
import { RowStates, type Sight, type StateChange } from './row-states';
import { lasted, stateName } from './seen-states';
import { isFirstShard } from '../shards';

/** THE KINDS of rows whose states are watched, and how an entity is named in an event. */
const watched = [
  { kind: 'frontend', type: 'proxy_state', nameOf: ({ proxy }) => `frontend ${proxy}` },
  { kind: 'backend', type: 'proxy_state', nameOf: ({ proxy }) => `backend ${proxy}` },
  { kind: 'server', type: 'server_state', nameOf: ({ proxy, server }) => `server ${proxy}/${server}` },
] as const satisfies readonly {
  kind: Table['kind'];
  type: EventType;
  nameOf: (row: Pick<StateChange, 'proxy' | 'server'>) => string;
}[];

/** Whether a column of a frame is looked at. */
export function isWatched(field: string): boolean {
  return field === 'lastchg' || field.startsWith('status') || checkFields.has(field);
}

/** In intervals: for how long something may be pending. Then what is seen counts: whoever takes over must not have to begin further back. */
const longestPending = 32;

type Happening = Pick<HaproxyEvent, 'type' | 'entity' | 'slot' | 'from' | 'to' | 'duration_ms' | 'detail'>;

/** What came of a frame. */
export interface Watched {
  readonly events: readonly HaproxyEvent[];
  /** It was passed over: older than the newest, or no more than was there of its slot. */
  readonly isOld: boolean;
  /** Nothing is pending: whoever begins with this frame comes to the same events. */
  readonly isBase: boolean;
}

const passedOver: Watched = { events: [], isOld: true, isBase: false };

/**
 * Watches one node, or a shard of it: what happens to its processes, proxies and servers, from frame to frame. Of processes the first tells. Of the newest slot only a frame with a higher
 * coverage is taken in place of the one before; those of older slots are passed over.
 */
export class NodeWatch {
  readonly #lives = new ProcessLives();
  readonly #rows = watched.map((kind) => ({ ...kind, states: new RowStates() }));
  #slot = -Infinity;
  #covered = 0;
  #settledAt = -Infinity;

  /** `debounce`: at how many slots, one behind the other, something must be so until it counts. */
  constructor(private readonly debounce: number) {}

  /** How many rows it watches. */
  get rows(): number {
    return this.#rows.reduce((sum, { states }) => sum + states.rows, 0);
  }

  /** `frames`: all parts of a frame of the node. At first sight there are no events. */
  see(frames: readonly Frame[]): Watched {
    const { head } = frames[0]!;
    const { covered, expected } = head.coverage;
    if (head.slot < this.#slot || (head.slot === this.#slot && covered <= this.#covered)) return passedOver;
    const isNewSlot = head.slot > this.#slot;
    if (this.#slot === -Infinity) this.#settledAt = head.slot;
    this.#slot = head.slot;
    this.#covered = covered;
    const isLast = head.slot - this.#settledAt > longestPending * head.intervalMs;
    const look = { isNewSlot, isLast, debounce: this.debounce };
    const processes = this.#lives.see(head, look);
    const lives = isFirstShard(head) ? processes.map((life) => told(life, head)) : [];
    const states = this.#see(frames, look);
    const isBase = this.#isSettled(covered === expected);
    if (isBase) this.#settledAt = head.slot;
    const { cluster, node } = head;
    const events = [...lives, ...states].map((each) => withId({ ...each, cluster, node }));
    return { events, isOld: false, isBase };
  }

  #isSettled(isFinal: boolean): boolean {
    return this.#lives.isSettled(isFinal) && this.#rows.every(({ states }) => states.isSettled(isFinal));
  }

  #see(frames: readonly Frame[], look: Pick<Sight, 'isNewSlot' | 'isLast' | 'debounce'>): Happening[] {
    const { head } = frames[0]!;
    if (isSilent(head)) {
      for (const { states } of this.#rows) states.pass(look.isLast);
      return [];
    }
    const isWhole = head.processes ? this.#lives.isWhole : head.missing.length === 0;
    const isAlone = head.coverage.expected === 1;
    const sight: Sight = { ...look, slot: head.slot, isWhole, isAlone };
    return this.#rows.flatMap(({ kind, type, nameOf: entityOf, states }) => {
      const tables = frames.flatMap((frame) => frame.tables.filter((table) => table.kind === kind));
      const changes = states.see(tables, sight);
      return changes.map((change) => stateEvent(change, tables, { type, entity: entityOf(change) }));
    });
  }
}

/** No process is in the frame that serves: what stops says nothing of how it is. */
function isSilent({ coverage, processes }: FrameHead): boolean {
  if (coverage.covered === 0) return true;
  return processes !== undefined && processes.length > 0 && processes.every(({ isStopping }) => isStopping);
}

function stateEvent(
  change: StateChange,
  tables: readonly Table[],
  what: Pick<Happening, 'type' | 'entity'>,
): Happening {
  const { from, to, slot, since, row } = change;
  return {
    ...what,
    slot,
    from: stateName(from),
    to: stateName(to),
    ...(from !== noState && !Number.isNaN(since) && { duration_ms: lasted(since, slot) }),
    detail: checkText(tables, row),
  };
}

function told(change: LifeChange, { slot }: FrameHead): Happening {
  const { life } = change;
  const entity = `process ${nameOf(life)}`;
  const own = String(life.pid);
  if (change.what === 'started')
    return { type: 'process_started', entity, slot, from: '', to: own, detail: presence(life, slot) };
  if (change.what === 'reloaded') {
    const { former } = change;
    const duration_ms = lasted(former.startedAt, life.startedAt);
    const detail = versions(former, life);
    return { type: 'process_reloaded', entity, slot, from: String(former.pid), to: own, duration_ms, detail };
  }
  const duration_ms = lasted(life.startedAt, change.slot);
  return {
    type: 'process_gone',
    entity,
    slot: change.slot,
    from: own,
    to: '',
    duration_ms,
    detail: change.reason,
  };
}

/** It may be older than the first look at it: one that did not answer, or of which nobody knew, is new here too. */
function presence(life: ProcessLife, slot: number): string {
  const seconds = Math.floor(lasted(life.startedAt, slot) / 1_000);
  return [versions(life), `up for ${seconds} s`].filter((each) => each !== '').join(', ');
}

/** `HAProxy 2.6.12`, or both where they differ; '' where it does not say. */
function versions(...lives: readonly ProcessLife[]): string {
  const all = new Set(lives.map(({ version }) => version).filter((version) => version !== ''));
  return all.size === 0 ? '' : `HAProxy ${[...all].join(' -> ')}`;
}
