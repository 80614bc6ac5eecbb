/** The kinds of server that tests can ask for. */
export const serverKinds = ['kafka', 'redis', 'haproxy', 'carbon', 'registry'] as const;
export type ServerKind = (typeof serverKinds)[number];

/** A real server for one test file, reached over loopback, that can die and come back. */
export interface Server {
  /** Starts it again after `kill`, on the same port with the same data; resolves when it answers. */
  start(): Promise<void>;
  /** SIGKILL: port and data are kept, nothing is flushed. Resolves when it is dead. */
  kill(): Promise<void>;
  /** SIGSTOP: the kernel still accepts connections, nobody answers them until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Gone, and its data with it; a second call does nothing. */
  stop(): Promise<void>;
}

/** One broker (and controller) without automatic topic creation. */
export interface KafkaServer extends Server {
  readonly brokers: string[];
}

/** Writes every command to its append-only file, so `kill` loses nothing that was answered. */
export interface RedisServer extends Server {
  readonly url: string;
}

export interface HAProxyOptions {
  /** The whole configuration; at least one `stats socket` must be a path inside `directory`. */
  readonly config: string;
  /** An existing directory of the caller's, for sockets; same path inside a container. Not removed by `stop`. */
  readonly directory: string;
  /** More of HAProxy's own options, as `-W`. */
  readonly args?: readonly string[];
}

export interface HAProxyServer extends Server {
  /** The stats sockets of the configuration that are paths. */
  readonly sockets: string[];
}

/** Seconds since the epoch, and the value stored for that second. */
export type Point = readonly [timestamp: number, value: number];

/** Graphite's carbon-cache, which stores one point a second for an hour. */
export interface CarbonServer extends Server, CarbonStore {
  readonly host: string;
  /** Takes plaintext lines. */
  readonly port: number;
}

export interface CarbonStore {
  /** The paths of all metrics that have files so far, sorted. */
  paths(): Promise<string[]>;
  /** What it holds for one path, in its file or on the way there, oldest first; empty for an unknown path. */
  points(path: string): Promise<Point[]>;
  /** Those of them that are in its file, and outlive it. */
  writtenPoints(path: string): Promise<Point[]>;
}

/** A schema registry that forgets everything when it dies: it keeps its schemas in memory. */
export interface RegistryServer extends Server {
  /** Of its Confluent API. */
  readonly url: string;
}

/** Starts servers; each promise resolves when its server answers. */
export interface Servers {
  kafka(): Promise<KafkaServer>;
  redis(): Promise<RedisServer>;
  haproxy(options: HAProxyOptions): Promise<HAProxyServer>;
  carbon(): Promise<CarbonServer>;
  registry(): Promise<RegistryServer>;
}
