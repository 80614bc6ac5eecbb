import type { Admin } from 'kafkajs';
import { checkTopics, renderTopicFault } from './topic-admin';

const denied = (type: string) => Object.assign(new Error('not authorized'), { type });

describe('checkTopics', () => {
  const admin = (asked: object) =>
    ({ listTopics: () => Promise.resolve(['raw']), ...asked }) as unknown as Admin;

  it('tells a missing right to look at the settings as a fault of that topic', async () => {
    const describeConfigs = () =>
      Promise.reject(new Error('kafkajs wraps it', { cause: denied('TOPIC_AUTHORIZATION_FAILED') }));
    const faults = await checkTopics(admin({ describeConfigs }), ['raw', 'gone']);
    expect(faults.map(renderTopicFault)).toEqual([
      'topic raw: the broker denies DescribeConfigs (TOPIC_AUTHORIZATION_FAILED); grant it to this client; until then cleanup.policy, message.timestamp.type is not checked',
      "topic gone does not exist: run 'haproxystats topics' once",
    ]);
  });

  it('rejects with the right that is missing to list topics', async () => {
    const listTopics = () => Promise.reject(denied('CLUSTER_AUTHORIZATION_FAILED'));
    await expect(checkTopics(admin({ listTopics }), ['raw'])).rejects.toThrow(
      'the cluster: the broker denies Metadata (CLUSTER_AUTHORIZATION_FAILED); grant it to this client',
    );
  });

  it('rejects as kafkajs does when no broker answers', async () => {
    const fault = new Error('no broker');
    const describeConfigs = () => Promise.reject(fault);
    await expect(checkTopics(admin({ describeConfigs }), ['raw'])).rejects.toBe(fault);
  });
});
