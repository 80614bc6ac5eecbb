/** What happened, at one slot, to a node, a process, a proxy or a server. */
export type EventType =
  | 'process_started'
  | 'process_reloaded'
  | 'process_gone'
  | 'proxy_state'
  | 'server_state'
  | 'node_joined'
  | 'node_left';

/** One event, as it stands in the topic events.v1. Key: cluster/node/entity. */
export interface HaproxyEvent {
  /** The same for each repetition: a reader drops what it has seen. Made of what happened, to whom, and when. */
  readonly id: string;
  readonly type: EventType;
  readonly cluster: string;
  readonly node: string;
  /** `process NAME`, `frontend NAME`, `backend NAME`, `server BACKEND/NAME`, `node`. */
  readonly entity: string;
  /** The first slot at which it was so, ms since the epoch. */
  readonly slot: number;
  /** The state before and after; '' where there is none. */
  readonly from: string;
  readonly to: string;
  /** How long the state before had lasted, ms; undefined: since before anybody looked. */
  readonly duration_ms?: number | undefined;
  /** What else is known: the text of the last check, a pid, a version. */
  readonly detail: string;
}
