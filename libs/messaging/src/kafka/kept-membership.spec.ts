import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup';
import { keepMembership } from './kept-membership';

/** What a consumer has, and a broker that can be gone. */
class FakeCluster {
  isGone = false;
  connect = () => Promise.resolve();
  refreshMetadataIfNecessary = () => Promise.resolve();
}

/** kafkajs' own group, as it makes one at each start, with a join that ends at once. */
function newGroup(cluster: FakeCluster, joinsAs: string): ConsumerGroup {
  const asked = () => (cluster.isGone ? Promise.reject(new Error('gone')) : Promise.resolve());
  return Object.assign(Object.create(ConsumerGroup.prototype) as ConsumerGroup, {
    cluster,
    memberId: null,
    instrumentationEmitter: { emit: () => undefined },
    coordinator: { leaveGroup: asked },
    retrier(this: ConsumerGroup) {
      this.memberId ??= joinsAs;
      return asked();
    },
  });
}

describe('keepMembership', () => {
  let cluster: FakeCluster;
  let group: ConsumerGroup;

  beforeEach(async () => {
    keepMembership();
    cluster = new FakeCluster();
    group = newGroup(cluster, 'first');
    await group.connect();
    await group.joinAndSync();
  });

  async function nextMember(): Promise<string | null> {
    const next = newGroup(cluster, 'second');
    await next.connect();
    await next.joinAndSync().catch(() => undefined);
    return next.memberId;
  }

  it('comes back as the member that it was when it crashed', async () => {
    cluster.isGone = true;
    await expect(group.leave()).rejects.toThrow('gone');
    expect(await nextMember()).toBe('first');
    expect(await nextMember()).toBe('first');
  });

  it('is somebody new once the brokers have let it go', async () => {
    await group.leave();
    expect(await nextMember()).toBe('second');
  });

  it('is one for each consumer', async () => {
    cluster = new FakeCluster();
    expect(await nextMember()).toBe('second');
  });
});
