import { InvalidArgumentError } from 'commander';

export interface RunFlags {
  readonly file?: string;
  readonly dir?: string;
  readonly polls?: number;
  readonly interval?: number;
}

/** Shorter than this a demo on a laptop would only poll. */
const leastIntervalSeconds = 0.5;

export function pollCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('a number of polls, at least 1, is needed.');
  return Number(text);
}

export function intervalSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= leastIntervalSeconds && seconds <= 86_400)) {
    throw new InvalidArgumentError(`seconds from ${leastIntervalSeconds} to 86400 are needed.`);
  }
  return seconds;
}
