export interface RedisOptions {
  /** Of this server alone (makeServerDirectory). */
  readonly directory: string;
  /** Of its plain port, on loopback. */
  readonly port: number;
  /** More of redis-server's own arguments. */
  readonly more?: readonly string[];
  /** Directories besides its own with files that it reads. */
  readonly reads?: readonly string[];
}

export const redisHost = '127.0.0.1';
export const redisUrl = ({ port }: Pick<RedisOptions, 'port'>): string => `redis://${redisHost}:${port}`;

/** Arguments of redis-server: every command is in the append-only file before it is answered, which outlives the process. No answer waits for the disk. */
export function redisArguments({ directory, port, more = [] }: RedisOptions): string[] {
  const durable = ['--appendonly', 'yes', '--appendfsync', 'no', '--save', ''];
  return ['--bind', redisHost, '--port', `${port}`, '--dir', directory, ...durable, ...more];
}
