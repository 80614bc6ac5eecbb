/** Arguments of redis-server: every command is in the append-only file before it is answered. */
export function redisArguments(port: number): string[] {
  return ['--port', `${port}`, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
}
