import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup';

/** By kafkajs' cluster: the member that its consumer is or was, as long as the brokers may know it. */
const memberIds = new WeakMap<object, string>();

/**
 * kafkajs 2.2.4 forgets who it was when its consumer crashes, as it does once its coordinator was away for some seconds, and joins as
 * somebody new: then the group waits for the former member until its session times out. It comes back as the one it was.
 */
export function keepMembership(): void {
  const group = ConsumerGroup.prototype;
  if (group.keepsMembership) return;
  const { connect, joinAndSync, leave } = group;
  group.connect = function (this: typeof group) {
    this.memberId ??= memberIds.get(this.cluster) ?? null;
    return connect.call(this);
  };
  group.joinAndSync = async function (this: typeof group) {
    await joinAndSync.call(this).finally(() => remember(this));
  };
  group.leave = async function (this: typeof group) {
    await leave.call(this).finally(() => remember(this));
  };
  group.keepsMembership = true;
}

function remember({ cluster, memberId }: ConsumerGroup): void {
  if (memberId === null) memberIds.delete(cluster);
  else memberIds.set(cluster, memberId);
}
