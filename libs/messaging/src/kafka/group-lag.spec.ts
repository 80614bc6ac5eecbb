import { setTimeout } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { groupLag } from './group-lag';

/** A topic of one partition. Its reader commits at once; with `grows`, more comes between any two answers of the brokers. */
class LivelyTopic {
  #end = 1_000;

  constructor(
    private readonly behind: number | undefined,
    private readonly grows: boolean,
  ) {}

  async fetchOffsets(): Promise<unknown> {
    await this.#answers(2);
    const offset = this.behind === undefined ? '-1' : String(this.#end - this.behind);
    return [{ topic: 't', partitions: [{ partition: 0, offset, metadata: null }] }];
  }

  async fetchTopicOffsets(): Promise<unknown> {
    await this.#answers(1);
    return [{ partition: 0, offset: String(this.#end), high: String(this.#end), low: '10' }];
  }

  async #answers(afterMs: number): Promise<void> {
    await setTimeout(afterMs);
    if (this.grows) this.#end += 5;
  }
}

describe('how far a group is behind', () => {
  const lagOf = (topic: LivelyTopic): Promise<unknown> =>
    groupLag(topic as unknown as Admin, { group: 'g', topic: 't' });

  it.each([
    [0, 0],
    [7, 7],
    [995, 990],
  ])('is what it has not committed: %i, as far as the log has it', async (behind, told) => {
    expect(await lagOf(new LivelyTopic(behind, false))).toMatchObject({ behind: told });
  });

  it('is not known of one that has never committed', async () => {
    expect(await lagOf(new LivelyTopic(undefined, false))).toMatchObject({ behind: undefined });
  });

  it('is not the whole log where the group goes on while it is asked', async () => {
    expect(await lagOf(new LivelyTopic(0, true))).toMatchObject({ behind: 5 });
  });
});
