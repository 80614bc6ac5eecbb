import type { ProcessFailure, ProcessReply } from '@haproxystats/haproxy';
import type { LogRecord } from '@haproxystats/messaging';
import type { FakeClock } from './fake-clock';
import type { PollResult, PollTurn } from '../../apps/puller/src/poller';

/** How often the fake processes are polled, in ms. */
export const intervalMs = 10_000;

export const reply = (process: string): ProcessReply => ({
  process,
  info: Buffer.from('Name: HAProxy\n'),
  stat: Buffer.from('# pxname,\n'),
});
export const failure = (process: string, reason: ProcessFailure['reason'] = 'refused'): ProcessFailure => ({
  process,
  reason,
  detail: `it is ${reason}`,
});

export class FakeSpool {
  appended: { topic: string; records: readonly LogRecord[] }[] = [];
  waiting = 0;
  dropped = 0;
  refuse: Error | undefined;

  append(topic: string, records: readonly LogRecord[]): Promise<void> {
    if (this.refuse) return Promise.reject(this.refuse);
    this.appended.push({ topic, records });
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  depth(): number {
    return this.waiting;
  }

  get slots(): string[] {
    return this.appended.map(({ records }) => records[0]!.headers['slot']!);
  }
}

export class FakePoller {
  replies = [reply('/a')];
  failures: ProcessFailure[] = [];
  notices: PollResult['notices'] = [];
  masters: PollResult['masters'] = { oldWorkers: 0, leftOut: 0, failures: 0 };
  tagFailures = 0;
  turns: PollTurn[] = [];
  takes = 100;
  learns: { at: number; limitMs: number }[] = [];
  learnTakes = 0;
  learnFault: Error | undefined;

  constructor(private readonly clock: FakeClock) {}

  async poll(turn: PollTurn): Promise<PollResult> {
    this.turns.push(turn);
    const { slot, source, signal } = turn;
    const { replies, failures, notices } = this;
    const startedAt = this.clock.wall();
    await this.clock.sleep(this.takes, signal);
    return {
      poll: { cluster: 'main', node: 'lb1', source, slot, intervalMs, startedAt, replies, failures },
      notices,
      masters: this.masters,
    };
  }

  async learn(limitMs: number, signal: AbortSignal): Promise<number> {
    this.learns.push({ at: this.clock.monotonic(), limitMs });
    await this.clock.sleep(Math.min(limitMs, this.learnTakes), signal);
    if (this.learnFault) throw this.learnFault;
    return this.learns.length === 2 ? this.tagFailures : 0;
  }
}

export class FakeSource {
  current = 'source-0';
  renewals = 0;
  lastSlot = 0;
  taken: number[] = [];
  refuse: Error | undefined;

  take(slot: number): Promise<void> {
    if (this.refuse) return Promise.reject(this.refuse);
    this.taken.push(slot);
    return Promise.resolve();
  }

  renew(): Promise<void> {
    this.current = `source-${++this.renewals}`;
    return Promise.resolve();
  }
}
